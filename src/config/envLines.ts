import { parseEnv } from 'node:util';
import type { Variables } from './env.ts';

const ASSIGNMENT = /^\s*(?:export\s+)?[\w.-]+\s*=\s*(.*)$/;

/** What the text of a file `.env` sets. Node's reader would take a line without `=` for the beginning of the next one's name. */
export function parseEnvText(text: string): Variables {
  const lines = text.split(NEWLINE);
  for (const { number } of linesThatSetNothing(text)) lines[number - 1] = '';
  return parseEnv(lines.join('\n'));
}

const NEWLINE = /\r\n|\n|\r/;

/** Neither assignments nor comments, nor inside a value in quotes, which may go over several lines. */
export function linesThatSetNothing(text: string): readonly { line: string; number: number }[] {
  const lines = text.split(NEWLINE);
  const found: { line: string; number: number }[] = [];
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at]?.trim() ?? '';
    if (line === '' || line.startsWith('#')) continue;
    const value = ASSIGNMENT.exec(line)?.[1];
    if (value === undefined) found.push({ line: line.slice(0, 40), number: at + 1 });
    else at = endOfValue(lines, at, value);
  }
  return found;
}

/** The line on which a value ends that begins on line `at`: the same one, unless it opens a quote that closes later. */
function endOfValue(lines: readonly string[], at: number, value: string): number {
  const quote = value[0] ?? '';
  if (!['"', "'", '`'].includes(quote) || value.indexOf(quote, 1) !== -1) return at;
  const closing = lines.findIndex((line, index) => index > at && line.includes(quote));
  return closing === -1 ? at : closing;
}
