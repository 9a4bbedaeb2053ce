import { expect, test } from 'vitest';
import type { DomainEvent, NewEvent, StreamName } from '../../src/domain/event.ts';
import { entryOf } from '../../src/story/entry.ts';
import { tell } from '../../src/story/line.ts';
import { ids, newEvent } from '../support/events.ts';
import { happened, on, plainly } from '../support/happenings.ts';
import { createMemoryStore } from '../support/memoryStore.ts';

type Origin = { readonly actor: NewEvent['metadata']['actor']; readonly causationId: string };

/** Who did each event and what caused it, in the words of its line. */
async function toldOf(...events: readonly (readonly [StreamName, DomainEvent, Origin])[]) {
  const store = createMemoryStore();
  for (const [index, [stream, event, origin]] of events.entries()) {
    const stamped = { ...newEvent(event, index, event.data.at), metadata: { correlationId: 'x', ...origin } };
    await store.append([{ stream, expectedRevision: 'any', events: [stamped] }]);
  }
  return tell(store.events.map(entryOf), new Map([['k1', 'the shop']]));
}

const made = happened.reservationMade(1);

test('a cause is a line of the story, where the story has it', async () => {
  const [, posted] = await toldOf(
    [on.hit(1), happened.postRequested(1), { actor: 'scheduler', causationId: 'round' }],
    [on.hit(1), happened.posted(1), { actor: 'marketplace', causationId: ids.event(0) }],
  );
  expect(posted).toMatchObject({ who: 'the marketplace', why: 'line 1', becauseOfLine: 1 });
});

test('what one request did together is said to be together', async () => {
  const [first, second] = await toldOf(
    [on.reservation(1), happened.invoked(), { actor: 'key:k1', causationId: 'r1' }],
    [on.assignment(1), happened.taskAssigned(1), { actor: 'key:k1', causationId: 'r1' }],
  );
  expect(first).toMatchObject({ who: 'API key "the shop" (k1)', why: 'request r1', becauseOfLine: null });
  expect(second).toMatchObject({ why: 'the same request as line 1', becauseOfLine: 1 });
});

test('what one round of the scheduler decided together is said to be together', async () => {
  const round: Origin = { actor: 'scheduler', causationId: 'round' };
  const [first, second] = await toldOf(
    [on.hit(1), happened.postRequested(1), round],
    [on.hit(2), happened.postRequested(2), round],
  );
  expect(first).toMatchObject({ why: "the scheduler's round round", becauseOfLine: null });
  expect(second).toMatchObject({ why: 'the same round as line 1', becauseOfLine: 1 });
});

test.each<[Origin, string, string]>([
  [{ actor: 'anyone', causationId: 'r' }, 'an application (open API)', 'request r'],
  [{ actor: 'key:k2', causationId: 'r' }, 'API key k2', 'request r'],
  [{ actor: 'operator:ann', causationId: 'c' }, 'operator ann', 'command c'],
  [{ actor: 'worker:W', causationId: 'A' }, 'worker W', "a ping of the worker's page"],
  [{ actor: 'scheduler', causationId: 'watch' }, 'the scheduler', 'the watch saw that it was due'],
  [{ actor: 'scheduler', causationId: 'u' }, 'the scheduler', "the scheduler's round u"],
  [{ actor: 'marketplace', causationId: 'reconcile' }, 'the marketplace', 'what the marketplace showed'],
])('%j is said in words', async (origin, who, why) => {
  expect(await toldOf([on.reservation(1), made, origin])).toMatchObject([{ who, why }]);
});

test('once a worker and a HIT are known, the events of their streams name them', async () => {
  const origin: Origin = { actor: 'marketplace', causationId: 'reconcile' };
  const lines = await toldOf(
    [on.assignment(1), happened.arrived(1), origin],
    [on.hit(1), happened.postRequested(1), origin],
    [on.hit(1), happened.posted(1), origin],
    [on.assignment(1), plainly('AssignmentSubmitted'), origin],
    [on.hit(1), plainly('HitExpired'), origin],
  );
  expect(lines[3]?.what).toMatch(/^Worker WORKER1 submitted/);
  expect(lines[4]?.what).toMatch(/^HIT MARKETHIT1 left the market/);
});
