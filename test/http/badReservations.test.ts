import { describe, expect, test } from 'vitest';
import { jsonOf } from './client.ts';
import { type Refused, refusals, UNKNOWN_ID } from './refusals.ts';

const { known, client, expectRefusal } = refusals();

const make = (changes: Readonly<Record<string, unknown>>) => () => {
  const all = { id: known.protoHit, foreignID: '42', delay: 0, numAssignments: 2, ...changes };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
};

const making = (
  name: string,
  changes: Readonly<Record<string, unknown>>,
  says: RegExp,
  more: Partial<Refused> = {},
): Refused => ({
  name: `reservation/make with ${name}`,
  path: 'reservation/make',
  parameters: make(changes),
  status: 400,
  says,
  ...more,
});

describe('a reservation is not made', () => {
  const count = /^.*numAssignments must be a whole number from 1 to 10000, got /;
  const delay = /^.*delay must be a number from 0 to 31536000 seconds, got /;
  const rows: readonly Refused[] = [
    making('no id', { id: undefined }, /id is missing: it must be the id of a ProtoHIT, or hitType/),
    making('an id that is none', { id: 'twelve' }, /id must be the id of a ProtoHIT, .*got \\?"twelve\\?"/),
    making('an unknown id', { id: UNKNOWN_ID }, /ProtoHit\.DoesNotExist/, { status: 404 }),
    making('an unknown hitType', { id: undefined, hitType: 'nouns' }, /ProtoHit\.DoesNotExist/, { status: 404 }),
    making('an empty hitType', { id: undefined, hitType: '' }, /hitType must be .* got \\?"\\?"/),
    making('no foreignID', { foreignID: undefined }, /foreignID is missing/),
    making('a long foreignID', { foreignID: 'x'.repeat(256) }, /foreignID must be a text of at most 255 characters/),
    making('a foreignID that is a fraction', { foreignID: 1.5 }, /foreignID must be .* got 1\.5/, {
      encodings: ['json'],
    }),
    making('a foreignID too large to be a number', { foreignID: 2 ** 53 }, /foreignID must be/, {
      encodings: ['json'],
    }),
    making('no delay', { delay: undefined }, /delay is missing: it must be a number from 0/),
    making(
      'a misspelled name',
      { numAssignments: undefined, numAsignments: 2 },
      /numAssignments is missing.*numAsignments/s,
    ),
    ...[0, -1, 1.5, 10_001, 'many', '', '0x10', '1e3', '9'.repeat(300)].map((n) =>
      making(`numAssignments ${String(n).slice(0, 10)}`, { numAssignments: n }, count),
    ),
    ...[null, true, [1], {}].map((n) =>
      making(`numAssignments ${JSON.stringify(n)}`, { numAssignments: n }, count, { encodings: ['json'] }),
    ),
    ...[-1, -0.001, 31_536_001, 'soon', '', 'NaN', 'Infinity'].map((n) => making(`delay ${n}`, { delay: n }, delay)),
    making(
      'a payload over 64 KB',
      { payload: 'x'.repeat(65_536) },
      /payload must be JSON or text of at most 65536 bytes/,
    ),
    making('everything wrong at once', { delay: -1, numAssignments: 0 }, /delay must be .*numAssignments must be/s),
  ];
  test.each(rows)('$name', expectRefusal);

  test('and every wrong parameter is listed for machines', async () => {
    const parameters = make({ delay: -1, numAssignments: 0 })();
    const answered = await client().post('reservation/make', parameters, { headers: { Accept: 'application/json' } });
    expect(jsonOf(answered)).toMatchObject({ errors: [{ parameter: 'delay' }, { parameter: 'numAssignments' }] });
  });

  test('with the id of another kind', async () => {
    for (const id of [known.reservation, known.workRequest])
      await expectRefusal(making('', { id }, /ProtoHit\.DoesNotExist/, { status: 404 }));
  });
});

describe('a reservation stays as it is', () => {
  const commands = ['invoke', 'finish', 'done', 'unfinish', 'cancel'];
  const rows: readonly Refused[] = commands.flatMap((command): readonly Refused[] => {
    const path = `reservation/${command}`;
    return [
      {
        name: `${command} without id`,
        path,
        parameters: { reservation: UNKNOWN_ID },
        status: 400,
        says: /id is missing: it must be the id of a reservation.*reservation/s,
      },
      {
        name: `${command} with an id that is none`,
        path,
        parameters: { id: '1; drop table' },
        status: 400,
        says: /id must be the id of a reservation/,
      },
      {
        name: `${command} of an unknown one`,
        path,
        parameters: { id: UNKNOWN_ID },
        status: 404,
        says: /WorkReservation\.DoesNotExist/,
      },
      {
        name: `${command} with a ProtoHIT's id`,
        path,
        parameters: () => ({ id: known.protoHit }),
        status: 404,
        says: /WorkReservation\.DoesNotExist/,
      },
    ];
  });
  test.each(rows)('$name', expectRefusal);

  test.each<Refused>([
    {
      name: 'invoke of a finished one',
      path: 'reservation/invoke',
      parameters: () => ({ id: known.finished }),
      status: 409,
      says: /reservation is finished/,
    },
    {
      name: 'invoke of a cancelled one',
      path: 'reservation/invoke',
      parameters: () => ({ id: known.cancelled }),
      status: 409,
      says: /reservation is cancelled/,
    },
    {
      name: 'finish/all of an unknown ProtoHIT',
      path: 'reservation/finish/all',
      parameters: { hitType: 'nouns' },
      status: 404,
      says: /ProtoHit\.DoesNotExist/,
    },
    {
      name: 'finish/all of no ProtoHIT',
      path: 'reservation/finish/all',
      parameters: { id: 'all' },
      status: 400,
      says: /id must be the id of a ProtoHIT/,
    },
  ])('$name', expectRefusal);
});
