import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AssignmentId } from '../../src/domain/ids.ts';
import { HANDED_IN, type HandingIn, readHandedIn } from '../../src/postgres/handedIn.ts';
import { openWork, startTestService, type TestService, until } from '../support/service.ts';

let service: TestService;
let listener: pg.Client;
const heard: HandingIn[] = [];
beforeAll(async () => {
  service = await startTestService();
  listener = new pg.Client({ connectionString: service.database.url });
  await listener.connect();
  listener.on('notification', ({ payload = '' }) => {
    const hint = readHandedIn(payload);
    if (hint !== undefined) heard.push(hint);
  });
  await listener.query(`listen ${HANDED_IN}`);
});
afterAll(async () => {
  await listener.end();
  await service.end();
});

const someone = () => {
  const id = randomUUID().slice(0, 8).toUpperCase();
  return { worker: `AW${id}`, assignment: `A${id}` };
};
const ping = (who: ReturnType<typeof someone>, hit: string, type: string, query = '') =>
  fetch(`${service.url}/ping/worker/${who.worker}/assignment/${who.assignment}/hit/${hit}/event/${type}${query}`, {
    method: 'POST',
  });
const waiting = async (reservationId: string): Promise<number> => {
  const { workers } = JSON.parse(await (await fetch(`${service.url}/reservation/${reservationId}`)).text());
  return workers;
};
const hintsOf = ({ assignment }: { assignment: string }) => heard.filter((hint) => hint.assignmentId === assignment);
const eventsOf = async ({ assignment }: { assignment: string }): Promise<readonly string[]> =>
  (await service.core.store.read(`assignment-${assignment}`, {})).events.map(({ type }) => type);

describe('a page that is about to submit', () => {
  test('is heard of by whoever asks the marketplace, and is neither counted as waiting nor ended', async () => {
    const { hit, reservationId } = await openWork(service);
    const who = someone();
    await ping(who, hit, 'waiting');
    await until(async () => (await waiting(reservationId)) === 1);
    expect(await (await ping(who, hit, 'submitting')).text()).toBe('OK');
    await until(() => hintsOf(who).length === 1);
    expect(hintsOf(who)).toEqual([{ assignmentId: who.assignment, marketplaceHitId: hit }]);
    await until(async () => (await waiting(reservationId)) === 0);
    expect(await eventsOf(who)).toEqual(['WorkerArrived']);
    // The form was not taken, and the page goes on.
    await ping(who, hit, 'waiting');
    await until(async () => (await waiting(reservationId)) === 1);
  });

  test('does not come back by it, if it was taken for gone; the marketplace is asked all the same', async () => {
    const { hit, reservationId } = await openWork(service);
    const who = someone();
    await ping(who, hit, 'waiting');
    await until(async () => (await waiting(reservationId)) === 1);
    const assignmentId = AssignmentId.parse(who.assignment);
    await service.core.commands.markAssignment(
      { actor: 'marketplace', requestId: 'test' },
      { assignmentId, as: 'returned' },
    );
    expect((await ping(who, hit, 'submitting')).status).toBe(200);
    await until(() => hintsOf(who).length === 1);
    expect(await eventsOf(who)).toEqual(['WorkerArrived', 'AssignmentReturned']);
  });

  test('is believed only with its own ids and token', async () => {
    const { hit, reservationId } = await openWork(service);
    const { hit: another } = await openWork(service);
    const who = someone();
    expect((await ping(who, hit, 'submitting')).status).toBe(404);
    const token = (await ping(who, hit, 'waiting', '?token=')).headers.get('Retainer-Token') ?? '';
    await until(async () => (await waiting(reservationId)) === 1);
    expect((await ping(who, hit, 'submitting')).status).toBe(403);
    expect((await ping({ ...who, worker: 'ATHIEF' }, hit, 'submitting', `?token=${token}`)).status).toBe(403);
    expect((await ping(who, another, 'submitting', `?token=${token}`)).status).toBe(403);
    expect((await ping(who, hit, 'submitting', `?token=${token}`)).status).toBe(200);
    await until(() => hintsOf(who).length === 1);
    expect(hintsOf(who)).toHaveLength(1);
  });
});
