import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { AssignmentId, MarketplaceHitId, ProtoHitId, ReservationId, WorkerId } from '../../../src/domain/ids.ts';
import { openWork, startTestService, type TestService } from '../../support/service.ts';
import { clientOf, jsonOf } from '../client.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService({ PING_TIMEOUT_SECONDS: '3600', RESPONSE_TIMEOUT_SECONDS: '3600' });
});
afterAll(() => service.end());

const marketplace = { actor: 'marketplace', requestId: 'test' } as const;
let people = 0;

const Answers = z.array(z.looseObject({ id: z.string(), state: z.string(), answer: z.unknown() }));
const Reservation = z.looseObject({ workers: z.int(), dispatched: z.int(), state: z.string() });

/** A reservation with so many people who wait for it. */
async function waitedFor(count: number, numAssignments = count) {
  const { protoHitId, reservationId, hit } = await openWork(service, { numAssignments });
  const arrive = async () => {
    const id = `P${people++}`;
    await ping(id, hit, 'waiting');
    return id;
  };
  const ids: string[] = [];
  for (let n = 0; n < count; n++) ids.push(await arrive());
  await caughtUp();
  return { protoHitId, reservationId, hit, ids, arrive };
}

async function ping(id: string, hit: string, pingType: 'waiting' | 'working') {
  const result = await service.core.commands.ping(marketplace, {
    assignmentId: AssignmentId.parse(`A${id}`),
    workerId: WorkerId.parse(`W${id}`),
    marketplaceHitId: MarketplaceHitId.parse(hit),
    pingType,
  });
  if (result.type === 'refused') throw new Error(result.refusal.message);
}

const handIn = async (id: string, hit: string) => {
  await ping(id, hit, 'working');
  await service.core.commands.markAssignment(marketplace, {
    assignmentId: AssignmentId.parse(`A${id}`),
    as: 'submitted',
    answer: [{ field: 'label', value: `by ${id}` }],
  });
};

const caughtUp = async () =>
  service.core.caughtUp.until(await service.core.store.head(), { timeoutMs: 60_000 }).then(() => {});
const invoke = (id: string) => clientOf(service.url).post('reservation/invoke', { id });
const get = (path: string, key?: string) =>
  clientOf(service.url).get(path, { headers: key === undefined ? {} : { 'X-Api-Key': key } });
const answersOf = async (path: string) => Answers.parse(jsonOf(await get(path)));

describe('what was handed in for a reservation', () => {
  test('is listed as it came, and without wait at once', async () => {
    const { reservationId, hit, ids } = await waitedFor(2);
    await invoke(reservationId);
    expect(await answersOf(`reservation/${reservationId}/answers`)).toEqual([]);
    for (const id of ids.toReversed()) await handIn(id, hit);
    await caughtUp();
    const answers = await answersOf(`reservation/${reservationId}/answers`);
    expect(answers.map(({ id }) => id)).toEqual(ids.toReversed().map((id) => `A${id}`));
    expect(answers[0]).toMatchObject({ state: 'submitted', answer: [{ field: 'label', value: `by ${ids[1]}` }] });
    expect(await answersOf(`assignment/list?reservation=${reservationId}`)).toHaveLength(2);
  });

  test('is waited for: the request is answered when one more comes', async () => {
    const { reservationId, hit, ids } = await waitedFor(2);
    await invoke(reservationId);
    const first = answersOf(`reservation/${reservationId}/answers?wait=60`);
    await handIn(ids[0] ?? '', hit);
    expect(await first).toHaveLength(1);
    // Whoever says how many they have misses none, whenever it came.
    expect(await answersOf(`reservation/${reservationId}/answers?wait=60&have=0`)).toHaveLength(1);
    const both = answersOf(`reservation/${reservationId}/answers?wait_for=answers:2`);
    await handIn(ids[1] ?? '', hit);
    expect(await both).toHaveLength(2);
  });

  test('is not waited for when nobody is left from whom it could come', async () => {
    const { reservationId, hit, ids } = await waitedFor(1);
    await invoke(reservationId);
    await handIn(ids[0] ?? '', hit);
    await clientOf(service.url).post('reservation/finish', { id: reservationId });
    expect(await answersOf(`reservation/${reservationId}/answers?wait=60&have=1`)).toHaveLength(1);
  });
});

describe('a reservation is waited for', () => {
  const waitFor = async (id: string, what: string) =>
    Reservation.parse(jsonOf(await get(`reservation/${id}?wait_for=${what}&wait=60`)));

  test('until so many wait for it', async () => {
    const { reservationId, arrive } = await waitedFor(1, 2);
    const asked = waitFor(reservationId, 'waiting:2');
    await arrive();
    expect(await asked).toMatchObject({ workers: 2, state: 'made' });
  });

  test('until so many were called, and have answered', async () => {
    const { reservationId, hit, ids } = await waitedFor(2);
    const called = waitFor(reservationId, 'dispatched:2');
    await invoke(reservationId);
    expect(await called).toMatchObject({ dispatched: 2 });
    const done = waitFor(reservationId, 'answers:2');
    for (const id of ids) await handIn(id, hit);
    expect(await done).toMatchObject({ dispatched: 2 });
  });

  test('no longer than until it is over', async () => {
    const { reservationId } = await waitedFor(0, 1);
    const asked = waitFor(reservationId, 'waiting:1');
    await clientOf(service.url).post('reservation/cancel', { id: reservationId });
    expect(await asked).toMatchObject({ state: 'cancelled' });
  });

  test.each([
    ['wait_for=people:2', /wait_for must be waiting:n, dispatched:n or answers:n/],
    ['wait_for=waiting:0', /wait_for must be waiting:n/],
    ['wait_for=waiting:2&wait=61', /wait must be a number from 0 to 60 seconds, got "61"/],
    ['wait=5', /wait_for is missing: it must be waiting:n, dispatched:n or answers:n/],
    ['waitFor=waiting:2', /there is no parameter "waitFor"; there are id, wait, wait_for/],
  ])('not with %s, which is refused', async (query, words) => {
    const { reservationId } = await waitedFor(0, 1);
    const { status, text } = await get(`reservation/${reservationId}?${query}`);
    expect([status, text]).toEqual([400, expect.stringMatching(words)]);
  });
});

// Last: from the first key on nobody asks without one.
describe('what was handed in', () => {
  test('is all that a key limited to its ProtoHIT can read, and nothing of another', async () => {
    const own = await waitedFor(1);
    const other = await waitedFor(1);
    for (const { reservationId, hit, ids } of [own, other]) {
      await invoke(reservationId);
      await handIn(ids[0] ?? '', hit);
    }
    await caughtUp();
    const issued = await service.core.commands.issueApiKey(
      { actor: 'operator:test', requestId: 'test' },
      { label: 'limited', scopes: ['read'], protoHitId: ProtoHitId.parse(own.protoHitId) },
    );
    if (issued.type === 'refused') throw new Error(issued.refusal.message);
    const { key } = issued.value;
    expect(Answers.parse(jsonOf(await get(`reservation/${own.reservationId}/answers`, key)))).toHaveLength(1);
    const listed = Answers.parse(jsonOf(await get('assignment/list?limit=1000', key)));
    expect(listed.map(({ id }) => id)).toEqual([`A${own.ids[0]}`]);
    const strange = await get(`reservation/${other.reservationId}/answers?wait=60`, key);
    const nowhere = await get(`reservation/${ReservationId.parse(crypto.randomUUID())}/answers?wait=60`, key);
    expect([strange.status, strange.text]).toEqual([404, 'WorkReservation.DoesNotExist']);
    expect([nowhere.status, nowhere.text]).toEqual([strange.status, strange.text]);
  });
});
