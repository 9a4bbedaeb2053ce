import { expect, test } from 'vitest';
import type { RecordedEvent } from '../../src/event-store/port.ts';
import { entryOf } from '../../src/story/entry.ts';
import { timelineOf } from '../../src/story/timeline.ts';
import { ids, newEvent, STARTED_AT } from '../support/events.ts';
import { happened, on } from '../support/happenings.ts';
import { createMemoryStore } from '../support/memoryStore.ts';
import { EVENING } from './evening.ts';

/** The evening as it is gathered for reservation 1. */
async function gathered(evening = EVENING) {
  const store = createMemoryStore();
  let n = 0;
  for (const [stream, ...events] of evening)
    await store.append([
      { stream, expectedRevision: 'any', events: events.map((event) => newEvent(event, n++, event.data.at)) },
    ]);
  const isOther = ({ stream }: RecordedEvent) => stream === on.assignment(2);
  return {
    reservationId: ids.reservation(1),
    touched: store.events.filter((event) => !isOther(event) && !event.stream.startsWith('proto')).map(entryOf),
    others: store.events.filter(isOther).map(entryOf),
    otherHits: [],
    bystanders: [{ assignmentId: ids.assignment(2), since: STARTED_AT }],
  };
}
const at = (ms: number) => STARTED_AT + ms;

test('everybody has a bar: from arrival through waiting, called, at work, submitted, to the payment', async () => {
  const { people } = timelineOf(await gathered());
  expect(people.map(({ workerId, touched, words }) => [workerId, touched, words])).toEqual([
    ['WORKER1', true, 'waited 50 s, was called for 0.9 s, worked 1 min 9 s, in review for 10 s, paid'],
    ['WORKER3', true, 'waited 35 s'],
    ['WORKER2', false, 'waited 2 min 10 s, is released'],
  ]);
  expect(people[0]).toMatchObject({
    stretches: [
      { kind: 'waiting', from: at(10_000), to: at(60_000) },
      { kind: 'called', from: at(60_000), to: at(60_900) },
      { kind: 'working', from: at(60_900), to: at(130_000) },
      { kind: 'submitted', from: at(130_000), to: at(140_000) },
    ],
    paidAt: at(140_000),
    rejectedAt: null,
  });
});

test('what happened to the reservation are marks, and its HITs are bars of their own', async () => {
  const { marks, hits } = timelineOf(await gathered());
  expect(marks.map(({ what, at: when }) => [what, when])).toEqual([
    ['made', at(0)],
    ['invoked', at(60_000)],
    ['finished', at(120_000)],
  ]);
  expect(hits).toEqual([
    {
      ...{ id: ids.hit(1), name: ids.marketplaceHit(1) },
      ...{ requestedAt: at(1_000), postedAt: at(2_000), leftAt: null },
    },
  ]);
});

test('as it was at a moment: what had begun has no end yet', async () => {
  const { people, marks } = timelineOf(await gathered(), { moment: at(60_500) });
  expect(marks.map(({ what }) => what)).toEqual(['made', 'invoked']);
  expect(people.find(({ workerId }) => workerId === 'WORKER1')).toMatchObject({
    stretches: [{ kind: 'waiting' }, { kind: 'called', from: at(60_000), to: null }],
    words: 'waited 50 s, is called',
  });
});

test('whoever was lost and came back has a gap; whoever has a task comes back to it', async () => {
  const { people } = timelineOf(
    await gathered([
      [on.reservation(1), happened.reservationMade(1), happened.invoked(30_000)],
      [on.assignment(1), happened.arrived(1, { at: 1_000 }), happened.lost(10_000)],
      [on.assignment(1), happened.arrived(1, { at: 20_000 }), happened.taskAssigned(1, 30_000)],
      [on.assignment(1), happened.lost(40_000), happened.arrived(1, { at: 50_000 })],
    ]),
  );
  expect(people[0]?.stretches.map(({ kind, from, to }) => [kind, from - STARTED_AT, to && to - STARTED_AT])).toEqual([
    ['waiting', 1_000, 10_000],
    ['waiting', 20_000, 30_000],
    ['called', 30_000, 40_000],
    ['called', 50_000, null],
  ]);
});
