import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { shown, shownName, unsound } from '../../src/http/soundness.ts';

describe('what a parameter may not hold', () => {
  test.each([
    ['plain text', null],
    ['tabs\tand\r\nlines', null],
    ['émoji 🐦 and \u2028', null],
    ['\u0000', 'holds a control character'],
    ['a\u001bb', 'holds a control character'],
    ['\u007f', 'holds a control character'],
    ['\u0085', 'holds a control character'],
    ['\ud800', 'holds a lone surrogate: it is not well-formed Unicode'],
    [{ a: [{ b: 'x\u0000' }] }, 'holds a control character'],
    [{ 'x\u0000': 1 }, 'holds a control character'],
    [null, null],
    [17, null],
  ])('%j: %s', (value, wrong) => expect(unsound(value)).toBe(wrong));

  test('anything nested deeper than 32 levels, however deep', () => {
    const nested = (depth: number): unknown => JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`);
    expect(unsound(nested(32))).toBeNull();
    expect(unsound(nested(33))).toBe('is nested deeper than 32 levels');
    expect(unsound(nested(100_000))).toBe('is nested deeper than 32 levels');
  });

  test('a text is sound exactly if UTF-8 carries it and no character of it is a control but tab and line ends', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 20 }), (text) => {
        const isControl = [...text].some((character) => /\p{Cc}/u.test(character) && !'\t\n\r'.includes(character));
        const survives = Buffer.from(text).toString() === text;
        expect(unsound(text) === null).toBe(survives && !isControl);
      }),
    );
  });
});

test('what is shown of any value is short, one line, and well-formed', () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
      const text = shown(value);
      expect(text.length).toBeLessThanOrEqual(80);
      expect(text.isWellFormed()).toBe(true);
      for (const control of ['\n', '\r', '\u0000']) expect(text).not.toContain(control);
    }),
  );
  expect(shown('\ufeffa\u200bb\u202e')).toBe('"\\u{feff}a\\u{200b}b\\u{202e}"');
  expect(shown('1.5')).toBe('"1.5"');
  expect(shown('x'.repeat(10_000_000))).toHaveLength(78);
});

test('a name that could be ours is shown as it is', () => {
  expect(shownName('foreignID')).toBe('foreignID');
  expect(shownName('a b\u0000')).toBe('"a b\\u0000"');
});
