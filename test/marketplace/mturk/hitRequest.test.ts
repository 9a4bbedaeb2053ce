import fc from 'fast-check';
import { XMLParser } from 'fast-xml-parser';
import { describe, expect, test } from 'vitest';
import { dollars, externalQuestion, hitRequest } from '../../../src/marketplace/mturk/hitRequest.ts';
import { readQuestion } from '../../../src/marketplace/simulated/question.ts';
import { order } from '../market.ts';

test('a HIT carries our id as its annotation and the decision as its token', () => {
  const made = order({ rewardCents: 7 }, { maxAssignments: 9 });
  expect(hitRequest(made)).toMatchObject({
    Title: 'Label a picture',
    Reward: '0.07',
    MaxAssignments: 9,
    LifetimeInSeconds: 3_600,
    AssignmentDurationInSeconds: 600,
    AutoApprovalDelayInSeconds: 86_400,
    RequesterAnnotation: made.hitId,
    UniqueRequestToken: made.token,
  });
});

test('every reward is written as the marketplace reads money', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 10_000 }), (cents) => {
      expect(dollars(cents)).toMatch(/^[0-9]+(\.)?[0-9]{0,2}$/);
      expect(Math.round(Number(dollars(cents)) * 100)).toBe(cents);
    }),
  );
});

test("a landing page's address survives the question's XML", () => {
  const url = `https://example.org/page?a=1&b=<2>&c="3"&d='4'&e=%26amp;`;
  const xml = externalQuestion(url, 0);
  expect(new XMLParser().parse(xml)).toMatchObject({ ExternalQuestion: { ExternalURL: url, FrameHeight: 0 } });
});

test('every address that a ProtoHIT may have does', () => {
  fc.assert(
    fc.property(
      fc.webUrl({ withQueryParameters: true, withFragments: true, validSchemes: ['http', 'https'] }),
      (url) => {
        expect(readQuestion(externalQuestion(url, 450), { allowHttp: true })).toEqual({ url, frameHeight: 450 });
      },
    ),
  );
});

describe('qualifications', () => {
  const wanted = (more: Parameters<typeof order>[0]) => hitRequest(order(more)).QualificationRequirements;

  test('nobody is excluded by a ProtoHIT that asks for nothing', () => {
    expect(wanted({ workerLocale: '', approvalRating: 0 })).toEqual([]);
  });

  test('a country is asked for as equal to it', () => {
    expect(wanted({ workerLocale: 'DE' })).toEqual([
      { QualificationTypeId: '00000000000000000071', Comparator: 'EqualTo', LocaleValues: [{ Country: 'DE' }] },
    ]);
  });

  test('a rating is a least one, so that 100 can be met', () => {
    expect(wanted({ approvalRating: 100 })).toEqual([
      {
        QualificationTypeId: '000000000000000000L0',
        Comparator: 'GreaterThanOrEqualTo',
        IntegerValues: [100],
      },
    ]);
  });
});
