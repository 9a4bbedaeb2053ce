import { type StreamName, streamOf } from '../domain/event.ts';
import type { EventStore } from '../event-store/port.ts';
import { type Entry, readStream } from './entry.ts';
import { type KeyLabels, type StoryLine, tell } from './line.ts';
import { BEFORE_ALL, changesOf, type ShownState, startFold } from './states.ts';

/** One event, and what the stream's state was after it. */
export type Step = {
  readonly line: StoryLine;
  readonly state: ShownState;
  readonly changes: ReturnType<typeof changesOf>;
};

/** Folds a stream event by event. What cannot be understood changes nothing, and is shown in its place. */
export function stepsOf(entries: readonly Entry[], labels?: KeyLabels): readonly Step[] {
  const fold = startFold();
  const lines = tell(entries, labels);
  let state = BEFORE_ALL;
  return entries.flatMap((entry, index) => {
    const before = state;
    if (entry.type === 'event') state = fold(entry.event);
    const line = lines[index];
    return line === undefined ? [] : [{ line, state, changes: changesOf(before, state) }];
  });
}

const CATEGORIES = Object.keys(streamOf);

/**
 * The stream that somebody means: by its whole name, or by the id of whatever it is about. The first that exists,
 * reservations before others; null if there is none.
 */
export async function findStream(
  store: Pick<EventStore, 'read'>,
  name: string,
): Promise<{ readonly stream: StreamName; readonly entries: readonly Entry[] } | null> {
  const isWhole = CATEGORIES.some((category) => name.startsWith(`${category}-`)) || name.startsWith('operator-');
  const names = isWhole ? [name] : ORDER.map((category) => `${category}-${name}`);
  const found = await Promise.all(
    names.map(async (one) => {
      // A name that nobody writes to is a stream without events.
      const stream = one as StreamName;
      return { stream, entries: await readStream(store, stream) };
    }),
  );
  return found.find(({ entries }) => entries.length > 0) ?? null;
}

const ORDER = [
  'reservation',
  'assignment',
  'hit',
  'protoHit',
  'workRequest',
  'apiKey',
] as const satisfies readonly (keyof typeof streamOf)[];
