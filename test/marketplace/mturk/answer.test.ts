import { describe, expect, test } from 'vitest';
import { readAnswer } from '../../../src/marketplace/mturk/answer.ts';

const LIMIT = 65_536;
const formAnswers = (inner: string): string =>
  `<?xml version="1.0" encoding="UTF-8"?><QuestionFormAnswers xmlns="urn:x">${inner}</QuestionFormAnswers>`;
const answers = (...fields: readonly (readonly [field: string, value: string])[]): string =>
  formAnswers(
    fields
      .map(([f, v]) => `<Answer><QuestionIdentifier>${f}</QuestionIdentifier><FreeText>${v}</FreeText></Answer>`)
      .join(''),
  );
const read = (xml: string | undefined, limit = LIMIT) => readAnswer(xml, limit);
const decoded = (text: string) => read(answers(['q', text]))?.answer[0]?.value;

test('an answer is its fields, in order', () => {
  expect(read(answers(['label', 'a boat'], ['sure', 'yes &amp; no']))).toEqual({
    answer: [
      { field: 'label', value: 'a boat' },
      { field: 'sure', value: 'yes & no' },
    ],
    fieldsLeftOut: 0,
  });
});

describe('a text is what the worker wrote', () => {
  test.each([
    ['Stra&#223;e&#13;&#10;2 &#x1F600; &#39;ok&#39;', "Straße\r\n2 😀 'ok'"],
    ['&lt;b&gt; &amp;#39; &quot;&apos;', `<b> &#39; "'`],
    ['<![CDATA[<x> &amp; &#39;]]>', '<x> &amp; &#39;'],
    ['  blanks  ', '  blanks  '],
    ['123', '123'],
    ['0x10', '0x10'],
    ['true', 'true'],
    ['Zażółć ☕ 日本', 'Zażółć ☕ 日本'],
    ['', ''],
    ['a&#0;b &#xD800;', 'ab '],
  ])('%s', (written, meant) => {
    expect(decoded(written)).toBe(meant);
  });
});

test('an answer of selections, of several texts, or with a prefix is read as well; several values are joined by "|"', () => {
  const selected = `<Answer><QuestionIdentifier>kinds</QuestionIdentifier>
    <SelectionIdentifier>boat</SelectionIdentifier><SelectionIdentifier>tree</SelectionIdentifier>
    <OtherSelectionText>a kite</OtherSelectionText></Answer>`;
  const texts = `<Answer><QuestionIdentifier>t</QuestionIdentifier><FreeText>1</FreeText><FreeText>2</FreeText></Answer>`;
  const file = `<Answer><QuestionIdentifier>f</QuestionIdentifier><UploadedFileKey>k</UploadedFileKey></Answer>`;
  expect(read(formAnswers(selected + texts + file))?.answer).toEqual([
    { field: 'kinds', value: 'boat|tree|a kite' },
    { field: 't', value: '1|2' },
    { field: 'f', value: 'k' },
  ]);
  const prefixed = answers(['q', 'x'])
    .replace('xmlns=', 'xmlns:m=')
    .replaceAll(/<(\/?)(\w)/g, '<$1m:$2');
  expect(read(prefixed)?.answer).toEqual([{ field: 'q', value: 'x' }]);
});

describe('what is longer than is kept', () => {
  test('is cut at the longest values, which say so; short ones stay whole', () => {
    const long = JSON.stringify(Array.from({ length: 30_000 }, (_, n) => n));
    const { answer = [], fieldsLeftOut } = read(answers(['first', long], ['label', 'a boat'], ['third', long])) ?? {};
    expect(answer.map(({ field, cut = false }) => [field, cut])).toEqual([
      ['first', true],
      ['label', false],
      ['third', true],
    ]);
    expect(answer[1]?.value).toBe('a boat');
    expect(long.startsWith(answer[0]?.value ?? 'x')).toBe(true);
    expect(answer[0]?.value.length).toBe(answer[2]?.value.length);
    const size = answer.reduce((sum, { field, value }) => sum + Buffer.byteLength(field + value), 0);
    expect(size).toBeGreaterThan(LIMIT - 100);
    expect(size).toBeLessThanOrEqual(LIMIT);
    expect(fieldsLeftOut).toBe(0);
  });

  test('is not cut at all where it fits: sixty fields, long names, 22,000 characters', () => {
    const many = Array.from({ length: 60 }, (_, n) => [`${'n'.repeat(300)}${n}`, 'v'.repeat(50)] as const);
    const { answer, fieldsLeftOut } = read(answers(...many, ['data', 'x'.repeat(22_891)])) ?? {};
    expect(answer).toHaveLength(61);
    expect(answer?.some(({ cut }) => cut)).toBe(false);
    expect(fieldsLeftOut).toBe(0);
  });

  test('is never cut through a character: half an emoji is nothing that a database takes', () => {
    for (let limit = 20; limit < 30; limit++) {
      const [only] = read(answers(['q', '😀'.repeat(50)]), limit)?.answer ?? [];
      expect(only?.value.isWellFormed()).toBe(true);
      expect(only?.value).toMatch(/^(😀)+$/u);
      expect(only?.cut).toBe(true);
    }
  });

  test('leaves fields out only where not even their names have room, and counts them', () => {
    const many = Array.from({ length: 1_000 }, (_, n) => [`name ${String(n).padStart(4, '0')}`, 'v'] as const);
    const { answer = [], fieldsLeftOut = 0 } = read(answers(...many), 2_000) ?? {};
    expect(answer.length + fieldsLeftOut).toBe(1_000);
    expect(answer.map(({ field }) => field)).toEqual(many.slice(0, answer.length).map(([name]) => name));
    expect(answer.length).toBeGreaterThan(100);
  });
});

test('what is no answer is none', () => {
  expect(read(undefined)).toBeUndefined();
  expect(read('not XML')).toBeUndefined();
  expect(read('<Other/>')).toBeUndefined();
});
