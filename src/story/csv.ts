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
 * What spreadsheets take for a formula: a worker's id or an application's text must not run in an auditor's hands.
 * Apostrophes before it count, so that one put in front can be told from one that was there.
 */
const FORMULA = /^'*[=+\-@\t\r\n]/;

/** OWASP's advice on CSV injection: a text that could be a formula gets an apostrophe in front. Numbers stay. */
function cell(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const harmless = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
