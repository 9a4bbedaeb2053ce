import { describe, test } from 'vitest';
import { type Refused, refusals, UNKNOWN_ID } from './refusals.ts';

const { known, expectRefusal } = refusals();

/** What a path takes beside the ProtoHIT's name. */
const given = (path: string) => (path === 'protohit/sandbox/set' ? { sandbox: true } : {});

describe('the other paths refuse too', () => {
  const list = 'reservation/list';
  test.each<Refused>([
    {
      name: 'putwork for an unknown ProtoHIT',
      path: 'putwork',
      parameters: { id: UNKNOWN_ID, foreignID: 1 },
      status: 404,
      says: /ProtoHit\.DoesNotExist/,
    },
    {
      name: 'putwork/done of an unknown one',
      path: 'putwork/done',
      parameters: { id: UNKNOWN_ID },
      status: 404,
      says: /WorkRequest\.DoesNotExist/,
    },
    {
      name: 'putwork/done of a reservation',
      path: 'putwork/done',
      parameters: () => ({ id: known.reservation }),
      status: 404,
      says: /WorkRequest\.DoesNotExist/,
    },
    ...['protohit/sandbox/get', 'protohit/sandbox/set', 'toggleSandbox', 'protohit/retire', 'protohit/restore'].flatMap(
      (path): readonly Refused[] => [
        { name: `${path} of nothing`, path, parameters: given(path), status: 400, says: /id is missing/ },
        {
          name: `${path} of an unknown one`,
          path,
          parameters: { hitType: 'nouns', ...given(path) },
          status: 404,
          says: /ProtoHit\.DoesNotExist/,
        },
      ],
    ),
    {
      name: 'sandbox neither true nor false',
      path: 'protohit/sandbox/set',
      parameters: () => ({ id: known.protoHit, sandbox: 'yes' }),
      status: 400,
      says: /sandbox must be true or false, got/,
    },
    {
      name: 'sandbox not said',
      path: 'protohit/sandbox/set',
      parameters: () => ({ id: known.protoHit }),
      status: 400,
      says: /sandbox is missing: it must be true or false/,
    },
    {
      name: 'two ProtoHITs named',
      path: 'toggleSandbox',
      parameters: () => ({ id: UNKNOWN_ID, hitType: 'verbs' }),
      status: 400,
      says: /must name the same ProtoHIT/,
    },
    ...[0, 1001, 2.5, 'all'].map(
      (limit): Refused => ({
        name: `list limit ${limit}`,
        path: list,
        parameters: { limit },
        status: 400,
        says: /limit must be a whole number from 1 to 1000/,
      }),
    ),
    {
      name: 'list before no id',
      path: list,
      parameters: { before: 'now' },
      status: 400,
      says: /before must be the id of a reservation/,
    },
    {
      name: 'list before an unknown one',
      path: list,
      parameters: { before: UNKNOWN_ID },
      status: 404,
      says: /WorkReservation\.DoesNotExist/,
    },
    {
      name: 'HITs before an unknown one',
      path: 'hit/list',
      parameters: { before: UNKNOWN_ID },
      status: 404,
      says: /no such HIT/,
    },
    {
      name: 'HITs before none',
      path: 'hit/list',
      parameters: { before: 'x' },
      status: 400,
      says: /before must be the id of a HIT/,
    },
    {
      name: 'list of no state',
      path: list,
      parameters: { state: 'open' },
      status: 400,
      says: /state must be one of made, invoked/,
    },
    {
      name: 'list of an unknown hitType',
      path: list,
      parameters: { hitType: 'nouns' },
      status: 404,
      says: /ProtoHit\.DoesNotExist/,
    },
    { name: 'list by GET with a limit', method: 'GET', path: `${list}?limit=0`, status: 400, says: /limit must be/ },
    {
      name: 'a reservation that is none',
      method: 'GET',
      path: 'reservation/12-3',
      status: 400,
      says: /id must be the id of a reservation/,
    },
    {
      name: 'the number of no reservation',
      method: 'GET',
      path: 'reservation/123',
      status: 404,
      says: /WorkReservation\.DoesNotExist/,
    },
    {
      name: 'an unknown reservation',
      method: 'GET',
      path: `reservation/${UNKNOWN_ID}`,
      status: 404,
      says: /WorkReservation\.DoesNotExist/,
    },
    {
      name: "a ProtoHIT's id as a reservation",
      method: 'GET',
      path: () => `reservation/${known.protoHit}`,
      status: 404,
      says: /WorkReservation\.DoesNotExist/,
    },
    ...['reservation/zzz', 'reservation/zzz/answers'].map(
      (path): Refused => ({
        name: `${path}, which is no id`,
        method: 'GET',
        path,
        status: 404,
        says: /there is no path \/reservation\/zzz.*: what follows reservation\/ must be the id of a reservation, as reservation\/make answered it/,
      }),
    ),
    {
      name: 'an unknown path',
      method: 'GET',
      path: 'reservations',
      status: 404,
      says: /there is no path \/reservations/,
    },
    { name: 'an unknown path by POST', path: 'reservation/extend', status: 404, says: /there is no path/ },
    {
      name: 'finish/all of a misspelt parameter: it would finish everything',
      path: 'reservation/finish/all',
      parameters: { hit_type: 'verbs' },
      status: 400,
      says: /there is no parameter \\*"hit_type\\*"; there are id, hitType/,
    },
    ...['assignment/list', 'hit/list', 'worker/list', 'protohit/list'].map(
      (path): Refused => ({
        name: `${path} of a misspelt filter: it would list everything`,
        path,
        parameters: { stat: 'submitted' },
        status: 400,
        says: /there is no parameter \\*"stat/,
      }),
    ),
    {
      name: 'a ping for an unknown HIT',
      path: 'ping/worker/W1/assignment/A1/hit/H1/event/waiting',
      status: 404,
      says: /Bad assignment/,
    },
    {
      name: 'a ping of a preview',
      path: 'ping/worker/W1/assignment/ASSIGNMENT_ID_NOT_AVAILABLE/hit/H1/event/waiting',
      status: 400,
      says: /Bad assignment/,
    },
    {
      name: 'a ping of another type',
      path: 'ping/worker/W1/assignment/A1/hit/H1/event/resting',
      status: 400,
      says: /Bad ping type: it must be .* or .*, got \\*"resting/,
    },
  ])('$name', expectRefusal);
});
