import { expect, test } from 'vitest';
import { readAnswer } from '../../../src/marketplace/mturk/answer.ts';

const answers = (...fields: readonly (readonly [field: string, value: string])[]): string =>
  `<QuestionFormAnswers>${fields
    .map(([f, v]) => `<Answer><QuestionIdentifier>${f}</QuestionIdentifier><FreeText>${v}</FreeText></Answer>`)
    .join('')}</QuestionFormAnswers>`;

test('an answer is its fields, in order', () => {
  expect(readAnswer(answers(['label', 'a boat'], ['sure', 'yes &amp; no']))).toEqual([
    { field: 'label', value: 'a boat' },
    { field: 'sure', value: 'yes & no' },
  ]);
});

test('what is too long is cut, and never through a character: half an emoji is nothing that a database takes', () => {
  const [read] = readAnswer(answers(['f'.repeat(300), `${'x'.repeat(4_095)}😀`])) ?? [];
  expect(read?.field).toHaveLength(255);
  expect(read?.value).toHaveLength(4_096);
  expect(read?.value.isWellFormed()).toBe(true);
});

test('what is no answer is none', () => {
  expect(readAnswer(undefined)).toBeUndefined();
  expect(readAnswer('not XML')).toBeUndefined();
});
