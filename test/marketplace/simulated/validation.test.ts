import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { externalQuestion, hitRequest } from '../../../src/marketplace/mturk/hitRequest.ts';
import { type Market, order, startMarket } from '../market.ts';

let market: Market;
beforeAll(async () => {
  market = await startMarket();
});
afterAll(() => market.stop());

const LOCALE = '00000000000000000071';
const APPROVED = '000000000000000000L0';
const question = (url: string): string => externalQuestion(url, 0);

/** A CreateHIT request with some fields replaced; undefined leaves one out. */
const request = (more: Readonly<Record<string, unknown>>) => ({
  ...hitRequest(order()),
  UniqueRequestToken: undefined,
  ...more,
});
const codeOf = async (operation: string, input: unknown): Promise<unknown> => {
  const { status, answer } = await market.post(operation, input);
  if (status === 200) return 'taken';
  expect(status).toBe(400);
  return String(answer['TurkErrorCode']).replace('AWS.MechanicalTurk.', '');
};

describe('CreateHIT', () => {
  const INVALID: readonly (readonly [string, Readonly<Record<string, unknown>>])[] = [
    ['a missing title', { Title: undefined }],
    ['an empty title', { Title: '' }],
    ['a title of 129 characters', { Title: 'x'.repeat(129) }],
    ['a title with a NUL in it', { Title: 'a\0b' }],
    ['a missing description', { Description: undefined }],
    ['a description of 2,001 characters', { Description: 'x'.repeat(2_001) }],
    ['keywords of 1,001 characters', { Keywords: 'x'.repeat(1_001) }],
    ['a missing reward', { Reward: undefined }],
    ['a reward that is a number', { Reward: 0.05 }],
    ['a reward without a digit before the point', { Reward: '.05' }],
    ['a reward of half a cent', { Reward: '0.005' }],
    ['a negative reward', { Reward: '-1' }],
    ['a reward with a currency sign', { Reward: '$1' }],
    ['a reward with a comma', { Reward: '1,00' }],
    ['a reward that nobody could pay', { Reward: '99999999999999999999' }],
    ['a lifetime that is text', { LifetimeInSeconds: '60' }],
    ['a lifetime of 29 seconds', { LifetimeInSeconds: 29 }],
    ['a lifetime of more than a year', { LifetimeInSeconds: 31_536_001 }],
    ['a missing duration', { AssignmentDurationInSeconds: undefined }],
    ['a duration with a fraction', { AssignmentDurationInSeconds: 60.5 }],
    ['an auto-approval delay of more than 30 days', { AutoApprovalDelayInSeconds: 2_592_001 }],
    ['no assignments', { MaxAssignments: 0 }],
    ['one and a half assignments', { MaxAssignments: 1.5 }],
    ['an annotation of 256 characters', { RequesterAnnotation: 'x'.repeat(256) }],
    ['an empty token', { UniqueRequestToken: '' }],
    ['a token of 65 characters', { UniqueRequestToken: 'x'.repeat(65) }],
    ['a missing question', { Question: undefined }],
    [
      'eleven qualifications',
      { QualificationRequirements: Array(11).fill({ QualificationTypeId: APPROVED, Comparator: 'Exists' }) },
    ],
    [
      'an unknown comparator',
      { QualificationRequirements: [{ QualificationTypeId: APPROVED, Comparator: 'Like', IntegerValues: [1] }] },
    ],
    [
      'a comparison without a value',
      { QualificationRequirements: [{ QualificationTypeId: APPROVED, Comparator: 'EqualTo' }] },
    ],
    [
      'a comparison with two values',
      { QualificationRequirements: [{ QualificationTypeId: APPROVED, Comparator: 'EqualTo', IntegerValues: [1, 2] }] },
    ],
    [
      'existence with a value',
      { QualificationRequirements: [{ QualificationTypeId: APPROVED, Comparator: 'Exists', IntegerValues: [1] }] },
    ],
    [
      'one of none',
      { QualificationRequirements: [{ QualificationTypeId: APPROVED, Comparator: 'In', IntegerValues: [] }] },
    ],
    [
      'a locale that is greater than another',
      {
        QualificationRequirements: [
          { QualificationTypeId: LOCALE, Comparator: 'GreaterThan', LocaleValues: [{ Country: 'US' }] },
        ],
      },
    ],
    [
      'a country that is no code',
      {
        QualificationRequirements: [
          { QualificationTypeId: LOCALE, Comparator: 'EqualTo', LocaleValues: [{ Country: 'usa' }] },
        ],
      },
    ],
    [
      'a country for a percentage',
      {
        QualificationRequirements: [
          { QualificationTypeId: APPROVED, Comparator: 'EqualTo', LocaleValues: [{ Country: 'US' }] },
        ],
      },
    ],
  ];
  for (const [what, more] of INVALID)
    test(`refuses ${what}`, async () => {
      expect(await codeOf('CreateHIT', request(more))).toBe('InvalidParameterValue');
    });

  const BAD_QUESTIONS: readonly (readonly [string, string])[] = [
    ['that is no XML', 'hello'],
    ['that is not well-formed', '<ExternalQuestion>'],
    ['of another kind', '<HTMLQuestion xmlns="x"></HTMLQuestion>'],
    ['in another namespace', question('https://example.org').replace('2006-07-14', '2005-10-01')],
    ['without a frame height', question('https://example.org').replace(/<FrameHeight>.*<\/FrameHeight>/, '')],
    ['with a frame height that is no number', question('https://example.org').replace('>0<', '>tall<')],
    ['with an address that is none', question('example')],
    ['with an address that is no web page', question('javascript:alert(1)')],
    ['of more than 65,535 bytes', question(`https://example.org/${'ü'.repeat(33_000)}`)],
    [
      'that expands without end',
      `<!DOCTYPE x [<!ENTITY a "${'x'.repeat(1_000)}"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><ExternalQuestion>&b;</ExternalQuestion>`,
    ],
  ];
  for (const [what, Question] of BAD_QUESTIONS)
    test(`refuses a question ${what}`, async () => {
      expect(await codeOf('CreateHIT', request({ Question }))).toBe('XMLParseError');
    });

  const FINE: readonly (readonly [string, Readonly<Record<string, unknown>>])[] = [
    ['a reward of nothing', { Reward: '0' }],
    ['a reward with nothing after the point', { Reward: '1.' }],
    ['a reward with one digit after it', { Reward: '0.5' }],
    ['the shortest times', { LifetimeInSeconds: 30, AssignmentDurationInSeconds: 30, AutoApprovalDelayInSeconds: 0 }],
    [
      'the longest times',
      { LifetimeInSeconds: 31_536_000, AssignmentDurationInSeconds: 31_536_000, AutoApprovalDelayInSeconds: 2_592_000 },
    ],
    [
      'no optional field',
      {
        Keywords: undefined,
        AutoApprovalDelayInSeconds: undefined,
        MaxAssignments: undefined,
        RequesterAnnotation: undefined,
        QualificationRequirements: undefined,
      },
    ],
    ['a field nobody knows', { Colour: 'green' }],
    [
      'lists of values',
      {
        QualificationRequirements: [
          {
            QualificationTypeId: LOCALE,
            Comparator: 'In',
            LocaleValues: [{ Country: 'US', Subdivision: 'CA' }, { Country: 'DE' }],
          },
        ],
      },
    ],
  ];
  for (const [what, more] of FINE)
    test(`takes ${what}`, async () => {
      expect(await codeOf('CreateHIT', request(more))).toBe('taken');
    });

  test('refuses a qualification type that nobody made', async () => {
    const QualificationRequirements = [{ QualificationTypeId: '3UNKNOWN', Comparator: 'Exists' }];
    expect(await codeOf('CreateHIT', request({ QualificationRequirements }))).toBe('QualificationTypeDoesNotExist');
  });

  test('wants https where the marketplace is told to', async () => {
    const strict = await startMarket({ allowHttp: false });
    const send = async (url: string) =>
      (await strict.post('CreateHIT', request({ Question: question(url) }))).answer['TurkErrorCode'];
    expect(await send('http://example.org/page')).toBe('AWS.MechanicalTurk.XMLParseError');
    expect(await send('https://example.org/page')).toBeUndefined();
    await strict.stop();
  });
});

test('equal values are the same HIT type, for CreateHIT too; another price is another type', async () => {
  const { LifetimeInSeconds, MaxAssignments, Question, RequesterAnnotation, UniqueRequestToken, ...type } = hitRequest(
    order({ title: 'A type of its own' }),
  );
  const made = await market.post('CreateHITType', type);
  const again = await market.post('CreateHITType', type);
  expect(made.answer).toEqual(again.answer);
  const hit = await market.post('CreateHIT', { ...type, LifetimeInSeconds, Question });
  expect(hit.answer['HIT']).toMatchObject(made.answer);
  const dearer = await market.post('CreateHITType', { ...type, Reward: '0.06' });
  expect(dearer.answer).not.toEqual(made.answer);

  const typed = { LifetimeInSeconds, Question, HITTypeId: made.answer['HITTypeId'] };
  expect((await market.post('CreateHITWithHITType', typed)).answer['HIT']).toMatchObject({
    Title: 'A type of its own',
    Reward: '0.05',
  });
  expect(await codeOf('CreateHITWithHITType', { ...typed, HITTypeId: '3UNKNOWN' })).toBe('HITTypeDoesNotExist');
});

test('the other operations refuse what is no id, no page and no moment', async () => {
  expect(await codeOf('GetHIT', {})).toBe('InvalidParameterValue');
  expect(await codeOf('GetHIT', { HITId: 'lower case' })).toBe('InvalidParameterValue');
  expect(await codeOf('GetHIT', { HITId: 5 })).toBe('InvalidParameterValue');
  for (const MaxResults of [0, 101, 1.5, '10'])
    expect(await codeOf('ListHITs', { MaxResults })).toBe('InvalidParameterValue');
  for (const NextToken of ['', 'nonsense', '../..', 'x'.repeat(256)])
    expect(await codeOf('ListHITs', { NextToken })).toBe('InvalidParameterValue');
  const { answer } = await market.post('CreateHIT', request({}));
  const { HITId } = answer['HIT'] as { HITId: string };
  for (const ExpireAt of [undefined, '2026-01-01T00:00:00Z', 1e300])
    expect(await codeOf('UpdateExpirationForHIT', { HITId, ExpireAt })).toBe('InvalidParameterValue');
  expect(await codeOf('ListBonusPayments', {})).toBe('InvalidParameterValue');
  expect(await codeOf('ListBonusPayments', { HITId: '3NOSUCH' })).toBe('HITDoesNotExist');
  expect(await codeOf('RejectAssignment', { AssignmentId: '3NOSUCH' })).toBe('InvalidParameterValue');
  expect(await codeOf('RejectAssignment', { AssignmentId: '3NOSUCH', RequesterFeedback: 'no' })).toBe(
    'AssignmentDoesNotExist',
  );
  expect(await codeOf('ListReviewableHITs', { Status: 'Assignable' })).toBe('InvalidParameterValue');
});

test('a bonus needs an amount above nothing, a reason, and a worker who handed in the work', async () => {
  const { answer } = await market.post('CreateHIT', request({ MaxAssignments: 2 }));
  const { HITId } = answer['HIT'] as { HITId: string };
  const [AssignmentId, unfinished] = [await market.accept(HITId, 'AONE'), await market.accept(HITId, 'ATWO')];
  await market.submit(AssignmentId ?? '');
  const bonus = { AssignmentId, WorkerId: 'AONE', BonusAmount: '0.10', Reason: 'Quick.' };
  for (const BonusAmount of ['0', '0.00', '-0.10', 0.1, '0.101'])
    expect(await codeOf('SendBonus', { ...bonus, BonusAmount })).toBe('InvalidParameterValue');
  expect(await codeOf('SendBonus', { ...bonus, Reason: '' })).toBe('InvalidParameterValue');
  expect(await codeOf('SendBonus', { ...bonus, WorkerId: 'ATWO' })).toBe('AssignmentDoesNotExist');
  expect(await codeOf('SendBonus', { ...bonus, AssignmentId: unfinished, WorkerId: 'ATWO' })).toBe(
    'AssignmentDoesNotExist',
  );
  expect(await codeOf('SendBonus', bonus)).toBe('taken');
});
