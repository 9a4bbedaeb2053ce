import { z } from 'zod';
import { streamId } from '../domain/event.ts';
import { AssignmentId } from '../domain/ids.ts';
import type { Position, RecordedEvent } from '../event-store/port.ts';
import type { Projection } from './projection.ts';

/** What a projector tells every node when it commits: `NOTIFY read_models`. */
export type Announcement = {
  /** How far the projections have come that it works for. */
  readonly position: Position;
  /** Which those are. A node whose queries need others too has to look for itself. */
  readonly projections: string;
  /** Whose task or phase may have changed; null: too many to name. */
  readonly assignments: readonly AssignmentId[] | null;
  /** Nothing happened but pings of workers who wait, as nearly always. */
  readonly onlyPings: boolean;
};

/** A notification holds 8,000 bytes at most; an id takes up to 67 of them. */
const MOST_NAMED = 80;

/** Names and versions in a short text: equal for equal sets. */
export const fingerprintOf = (projections: readonly Projection[]): string =>
  projections
    .map(({ name, version }) => `${name} ${version}`)
    .sort()
    .join();

export function announcementOf(
  projections: readonly Projection[],
  position: Position,
  events: readonly RecordedEvent[] | 'any',
): string {
  const touched = new Set<string>();
  if (events !== 'any')
    for (const { stream } of events) if (stream.startsWith('assignment-')) touched.add(streamId(stream));
  const tooMany = events === 'any' || touched.size > MOST_NAMED;
  return JSON.stringify({
    position,
    projections: fingerprintOf(projections),
    assignments: tooMany ? null : [...touched],
    onlyPings: events !== 'any' && events.every(({ type }) => type === 'WorkerPinged'),
  });
}

const schema = z.object({
  position: z.string().transform((position) => position as Position),
  projections: z.string(),
  assignments: z.array(AssignmentId).nullable(),
  // A projector of an earlier version does not say.
  onlyPings: z.boolean().default(false),
});

/** Undefined if it is none of ours. */
export function readAnnouncement(payload: string): Announcement | undefined {
  try {
    return schema.parse(JSON.parse(payload));
  } catch {
    return undefined;
  }
}
