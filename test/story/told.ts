import { type DomainEvent, type StreamName, streamId } from '../../src/domain/event.ts';
import { AssignmentId, type ReservationId } from '../../src/domain/ids.ts';
import { entryOf } from '../../src/story/entry.ts';
import type { Gathered } from '../../src/story/gather.ts';
import { type PersonTold, type Story, storyOf } from '../../src/story/story.ts';
import { ids, newEvent, STARTED_AT } from '../support/events.ts';
import { createMemoryStore } from '../support/memoryStore.ts';

/** What happened on which stream, in the order of the log. */
export type Happening = readonly [stream: StreamName, ...events: readonly DomainEvent[]];

/** Puts happenings into a log, and gathers them: those of `others` were never the reservation's. */
export async function gatheredFrom(
  happenings: readonly Happening[],
  others: ReadonlySet<StreamName> = new Set(),
  reservationId: ReservationId = ids.reservation(1),
): Promise<Gathered> {
  const store = createMemoryStore();
  for (const [stream, ...events] of happenings) {
    const from = store.events.length;
    const stamped = events.map((event, index) => newEvent(event, from + index, event.data.at));
    await store.append([{ stream, expectedRevision: 'any', events: stamped }]);
  }
  const entries = store.events.map(entryOf);
  const isOther = ({ stream }: { stream: StreamName }): boolean => others.has(stream);
  return {
    reservationId,
    touched: entries.filter((_, index) => store.events[index] && !isOther(store.events[index])),
    others: entries.filter((_, index) => store.events[index] && isOther(store.events[index])),
    otherHits: [],
    bystanders: [...others].map((stream) => ({
      assignmentId: AssignmentId.parse(streamId(stream)),
      since: STARTED_AT,
    })),
  };
}

/** The story of reservation 1. */
export async function storyFrom(happenings: readonly Happening[], ...others: readonly StreamName[]): Promise<Story> {
  const story = storyOf(await gatheredFrom(happenings, new Set(others)));
  if (story === null) throw new Error('there is no such reservation');
  return story;
}

/** What the `n`th worker is told. */
export function personIn({ people }: Story, n: number): PersonTold {
  const person = people.find(({ workerId }) => workerId === ids.worker(n));
  if (person === undefined) throw new Error(`nobody is told about worker ${n}`);
  return person;
}
