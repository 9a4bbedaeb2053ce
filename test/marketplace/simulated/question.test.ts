import { expect, test } from 'vitest';
import { externalQuestion } from '../../../src/marketplace/mturk/hitRequest.ts';
import { readQuestion } from '../../../src/marketplace/simulated/question.ts';

const NAMESPACE = /xmlns="([^"]*)"/.exec(externalQuestion('x', 0))?.[1];
const page = { url: 'https://e.org/?a=1&b=2', frameHeight: 600 };
const inner = (url: string, n = '') =>
  `<${n}ExternalURL>${url}</${n}ExternalURL><${n}FrameHeight>600</${n}FrameHeight>`;

test.each([
  ['as the adapter writes it', externalQuestion(page.url, page.frameHeight)],
  [
    'with a numeric character reference',
    `<ExternalQuestion xmlns="${NAMESPACE}">${inner('https://e.org/?a=1&#38;b=2')}</ExternalQuestion>`,
  ],
  [
    'with a prefix, line breaks and single quotes',
    `<q:ExternalQuestion\n  xmlns:q='${NAMESPACE}'>${inner('\n https://e.org/?a=1&amp;b=2 ', 'q:')}</q:ExternalQuestion>`,
  ],
])('a question is read %s', (_, xml) => {
  expect(readQuestion(xml, { allowHttp: false })).toEqual(page);
});

test.each([
  ['without its namespace', `<ExternalQuestion>${inner('https://e.org')}</ExternalQuestion>`],
  [
    'whose namespace belongs to another prefix',
    `<q:ExternalQuestion xmlns:p="${NAMESPACE}" xmlns:q="urn:x">${inner('https://e.org', 'q:')}</q:ExternalQuestion>`,
  ],
])('one %s is none', (_, xml) => {
  expect(readQuestion(xml, { allowHttp: false })).toMatch(/^Question must be an ExternalQuestion/);
});
