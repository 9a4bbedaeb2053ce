/** A table for spreadsheets: RFC 4180, with a header, lines ended by CRLF, quotes where they are needed. */
export const csvOf = (columns: readonly string[], rows: readonly Row[]): string =>
  csvHeader(columns) + csvRows(columns, rows);

/** The same in parts, for tables that are longer than memory is large. */
export const csvHeader = (columns: readonly string[]): string => line(columns);

export const csvRows = (columns: readonly string[], rows: readonly Row[]): string =>
  rows.map((row) => line(columns.map((column) => row[column]))).join('');

type Row = Readonly<Record<string, unknown>>;

const line = (cells: readonly unknown[]): string => `${cells.map(cell).join(',')}\r\n`;

/**
 * Where a spreadsheet would begin a formula: a worker's id or an application's text must not run in an auditor's hands.
 * That is where the text begins, and, for a spreadsheet that separates cells by something other than commas or takes a
 * line break within quotes for the end of a row, also within it. Full-width signs are read as the others. What may
 * precede the sign includes apostrophes, so that one put there can be told from one that was there.
 */
const FORMULA = /^(?=['" \u00a0\u3000]*[=+\-@＝＋－＠\t\r\n])|(?<=[;|\t\r\n])(?=['" \u00a0\u3000]*[=+\-@＝＋－＠])/g;

/** OWASP's advice on CSV injection: what could be a formula gets an apostrophe in front. Numbers stay. */
function cell(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const harmless = text.replace(FORMULA, "'");
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
