import { z } from 'zod';
import { streamId } from '../domain/event.ts';
import { AssignmentId } from '../domain/ids.ts';
import type { Position, RecordedEvent } from '../event-store/port.ts';

/** What the projector tells every node when it commits: `NOTIFY read_models`. */
export type Announcement = {
  /** How far the read models have come. */
  readonly position: Position;
  /** Whose task or phase may have changed; null: too many to name. */
  readonly assignments: readonly AssignmentId[] | null;
};

/** A notification holds 8,000 bytes at most; an id takes up to 67 of them. */
const MOST_NAMED = 100;

export function announcementOf(events: readonly RecordedEvent[], position: Position): string {
  const touched = new Set<string>();
  for (const { stream } of events) if (stream.startsWith('assignment-')) touched.add(streamId(stream));
  return JSON.stringify({ position, assignments: touched.size > MOST_NAMED ? null : [...touched] });
}

const schema = z.object({
  position: z.string().transform((position) => position as Position),
  assignments: z.array(AssignmentId).nullable(),
});

/** Undefined if it is none of ours. */
export function readAnnouncement(payload: string): Announcement | undefined {
  try {
    return schema.parse(JSON.parse(payload));
  } catch {
    return undefined;
  }
}
