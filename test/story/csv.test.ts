import fc from 'fast-check';
import { expect, test } from 'vitest';
import { csvOf } from '../../src/story/csv.ts';

test.each(['=1+1', '+1', '-1', '@SUM(A1)', '\tx', '\rx', '\n=x'])('%j does not run in a spreadsheet', (text) => {
  const [, ...rest] = csvOf(['a'], [{ a: text }]).split('a\r\n');
  expect(rest.join('a\r\n')).toMatch(/^"?'/);
});

test('numbers stay numbers, nothing is nothing, objects are JSON', () => {
  expect(csvOf(['a', 'b', 'c', 'd'], [{ a: -1, b: null, c: true, d: { e: [1, '"'] } }])).toBe(
    'a,b,c,d\r\n-1,,true,"{""e"":[1,""\\""""]}"\r\n',
  );
});

/** A reader of RFC 4180, as its grammar has it. */
function read(csv: string): string[][] {
  const rows: string[][] = [[]];
  const cells = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/gy;
  for (let match = cells.exec(csv); match !== null; match = cells.exec(csv)) {
    rows.at(-1)?.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
    if (match[3] === '\r\n') rows.push([]);
  }
  return rows.slice(0, -1);
}

/** Texts that are hard to write: of what CSV and spreadsheets take for something else. */
const hard = fc.string({ unit: fc.constantFrom("'", '=', '-', '"', ',', '\r', '\n', '\t', ' ', 'x') });

test('whatever a text holds, it is read back as it was, but for the apostrophe', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(hard, fc.string({ unit: 'grapheme' })), { maxLength: 5 }), (rows) => {
      const written = csvOf(
        ['one', 'two'],
        rows.map(([one, two]) => ({ one, two })),
      );
      const back = read(written).map((cells) => cells.map((cell) => cell.replace(/^'(?='*[=+\-@\t\r\n])/, '')));
      expect(back).toEqual([['one', 'two'], ...rows]);
    }),
  );
});
