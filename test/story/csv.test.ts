import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { csvOf } from '../../src/story/csv.ts';

test.each(['=1+1', '+1', '-1', '@SUM(A1)', '\tx', '\rx', '\n=x', '＝1+1', '＋1', '－1', '＠SUM(A1)', ' =1', '"=1'])(
  '%j does not run in a spreadsheet',
  (text) => {
    const [, ...rest] = csvOf(['a'], [{ a: text }]).split('a\r\n');
    expect(rest.join('a\r\n')).toMatch(/^"?'/);
  },
);

describe.each([
  ['a semicolon', ';'],
  ['a tab', '\t'],
  ['a bar', '|'],
])('nor does what stands in a spreadsheet that separates cells by %s', (_, separator) => {
  test.each(['=', '+', '-', '@', '＝', '＋', '－', '＠'])('%s', (sign) => {
    for (const text of [
      `x${separator}${sign}1+1${separator}y`,
      `x${separator} ${sign}1`,
      `x${separator}"${sign}1"`,
      `x\r\n${sign}1`,
      `x\n${sign}1`,
      `x\r${sign}1`,
    ]) {
      const cells = csvOf(['a', 'b'], [{ a: 'of another column', b: text }]).split(/[;|\t\r\n]/);
      expect(cells.filter((cell) => /^["\s]*[=+\-@＝＋－＠]/.test(cell))).toEqual([]);
    }
  });
});

test('signs within a word or a sentence stay as they are', () => {
  for (const text of ['2-3', 'a@b.example', 'x; y - z', 'a=b|c=d', '{"a":-1}'])
    expect(read(csvOf(['a'], [{ a: text }]))).toEqual([['a'], [text]]);
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
const hard = fc.string({ unit: fc.constantFrom(...`'=-＝＠",;|\r\n\t\u00a0\u3000 x`) });

/** As docs/auditing.md tells it. */
const withoutApostrophes = (cell: string): string =>
  cell
    .replace(/^'(?=['" \u00a0\u3000]*[=+\-@＝＋－＠\t\r\n])/, '')
    .replace(/(?<=[;|\t\r\n])'(?=['" \u00a0\u3000]*[=+\-@＝＋－＠])/g, '');

test('whatever a text holds, it is read back as it was, but for the apostrophes', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(hard, fc.string({ unit: 'grapheme' })), { maxLength: 5 }), (rows) => {
      const written = csvOf(
        ['one', 'two'],
        rows.map(([one, two]) => ({ one, two })),
      );
      const back = read(written).map((cells) => cells.map(withoutApostrophes));
      expect(back).toEqual([['one', 'two'], ...rows]);
    }),
  );
});
