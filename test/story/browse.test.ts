import { expect, test } from 'vitest';
import { streamOf } from '../../src/domain/event.ts';
import { browseLog } from '../../src/story/browse.ts';
import { newEvent, STARTED_AT } from '../support/events.ts';
import { happened, on } from '../support/happenings.ts';
import { createMemoryStore } from '../support/memoryStore.ts';

const ANY = { type: null, stream: null, actor: null, text: null };

test('what goes with everything, pings and the token of the scheduler, is shown to who asks for it alone', async () => {
  const store = createMemoryStore();
  const token = { type: 'SchedulerActed', data: { elected: 1, streams: 1, at: STARTED_AT } } as const;
  const appended = [
    [on.reservation(1), happened.reservationMade(1)],
    [streamOf.scheduler(), token],
    [on.presence(1), happened.pinged(1, 5)],
  ] as const;
  for (const [n, [stream, event]] of appended.entries())
    await store.append([{ stream, expectedRevision: 'any', events: [newEvent(event, n, event.data.at)] }]);
  const typesOf = async (filter: Partial<Parameters<typeof browseLog>[1]>) => {
    const { entries } = await browseLog(store, { ...ANY, ...filter }, { before: null, limit: 10 });
    return entries.flatMap((entry) => (entry.type === 'event' ? [entry.event.type] : []));
  };
  expect(await typesOf({})).toEqual(['ReservationMade']);
  expect(await typesOf({ type: 'SchedulerActed' })).toEqual(['SchedulerActed']);
  expect(await typesOf({ type: 'WorkerPinged' })).toEqual(['WorkerPinged']);
  expect(await typesOf({ stream: streamOf.scheduler() })).toEqual(['SchedulerActed']);
});
