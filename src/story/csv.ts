/** A table for spreadsheets: RFC 4180, with a header, lines ended by CRLF, quotes where they are needed. */
export const csvOf = (columns: readonly string[], rows: readonly Readonly<Record<string, unknown>>[]): string =>
  [columns, ...rows.map((row) => columns.map((column) => row[column]))]
    .map((cells) => `${cells.map(cell).join(',')}\r\n`)
    .join('');

/** What spreadsheets take for a formula: a worker's id or an application's text must not run in an auditor's hands. */
const FORMULA = /^[=+\-@\t\r\n]/;

/** OWASP's advice on CSV injection: a text that could be a formula gets an apostrophe in front. Numbers stay. */
function cell(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const harmless = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
