import { expect, test, vi } from 'vitest';
import type { DomainEvent, StreamName } from '../../src/domain/event.ts';
import { streamOf } from '../../src/domain/event.ts';
import type { ExpectedRevision, StreamWrite } from '../../src/event-store/port.ts';
import { BEGINNING } from '../../src/event-store/port.ts';
import { measuredStore } from '../../src/http/measuredStore.ts';
import { lagAt } from '../../src/http/projectionLag.ts';
import { ids, newEvent, STARTED_AT } from '../support/events.ts';
import { createMemoryStore } from '../support/memoryStore.ts';

const at = STARTED_AT;
const [assignmentId, workerId] = [ids.assignment(1), ids.worker(1)];
const invoked: DomainEvent = { type: 'ReservationInvoked', data: { foreignId: 'x', at } };
const dispatched: DomainEvent = { type: 'WorkerDispatched', data: { assignmentId, workerId, at } };

const measured = () => {
  const metrics = { appended: vi.fn(), dispatched: vi.fn() };
  const memory = createMemoryStore();
  const store = measuredStore(memory, metrics);
  let n = 0;
  const write = (
    stream: StreamName,
    events: readonly DomainEvent[],
    expectedRevision: ExpectedRevision = 'any',
  ): StreamWrite => ({
    stream,
    expectedRevision,
    events: events.map((event) => newEvent(event, n++)),
  });
  return { metrics, store, write };
};

test('every append is counted with its events and its time, and answers as it would without', async () => {
  const { metrics, store, write } = measured();
  const reservation = streamOf.reservation(ids.reservation(1));
  const result = await store.append([write(reservation, [invoked, dispatched])]);
  expect(result).toMatchObject({ type: 'appended', position: await store.head() });
  expect(metrics.appended).toHaveBeenCalledExactlyOnceWith({ events: 2, seconds: expect.any(Number) });
  expect(await store.append([write(reservation, [invoked], 'noStream')])).toMatchObject({ type: 'conflict' });
});

test('a dispatch is measured from its invoke, if that was on this node and was stored', async () => {
  const { metrics, store, write } = measured();
  const [here, elsewhere] = [streamOf.reservation(ids.reservation(1)), streamOf.reservation(ids.reservation(2))];
  await store.append([write(here, [invoked])]);
  await store.append([write(elsewhere, [dispatched])]);
  expect(metrics.dispatched).not.toHaveBeenCalled();
  await store.append([write(here, [dispatched])]);
  expect(metrics.dispatched).toHaveBeenCalledOnce();
  expect(metrics.dispatched.mock.lastCall?.[0]).toBeGreaterThanOrEqual(0);
  await store.append([write(here, [dispatched], 'noStream')]);
  expect(metrics.dispatched).toHaveBeenCalledOnce();
});

test('the lag of the read models is the age of the oldest event they do not show', async () => {
  const store = createMemoryStore();
  const clock = () => at + 5_000;
  const lag = (position = BEGINNING) => lagAt({ store, clock }, position);
  expect(await lag()).toEqual({ seconds: 0, events: 0 });
  const append = (n: number, recordedAt: number) =>
    store.append([{ stream: 'reservation-x', expectedRevision: 'any', events: [newEvent(invoked, n, recordedAt)] }]);
  await append(1, at);
  const first = await store.head();
  await append(2, at + 3_000);
  expect(await lag()).toEqual({ seconds: 5, events: 2 });
  expect(await lag(first)).toEqual({ seconds: 2, events: 1 });
  expect(await lag(await store.head())).toEqual({ seconds: 0, events: 0 });
  const uncounted = { ...store, count: () => Promise.reject(new Error('positions cannot be counted')) };
  expect(await lagAt({ store: uncounted, clock }, first)).toEqual({ seconds: 2, events: undefined });
});
