import { streamOf } from '../domain/event.ts';
import type { AssignmentId, Instant } from '../domain/ids.ts';
import { END } from '../event-store/port.ts';
import type { HitRow } from '../projections/hits.ts';
import { placesHeldOnHit } from '../projections/tasks.ts';
import type { Dependencies } from './context.ts';

/** Who holds which place of a HIT, and whether they are still heard of. */
export const createHeldPlaces = ({
  store,
  db,
  clock,
  settings,
}: Pick<Dependencies, 'store' | 'db' | 'clock' | 'settings'>) => {
  /** Since when an assignment's pings have stopped: asked of the log, for read models forget who does not wait. Null: they have not. */
  const silentSince = async (assignmentId: AssignmentId, at: Instant): Promise<Instant | null> => {
    const stream = streamOf.presence(assignmentId);
    const { revision } = await store.read(stream, { fromRevision: END });
    if (revision === null) return 0;
    const { events } = await store.read(stream, { fromRevision: revision });
    const last = events.at(-1)?.recordedAt ?? 0;
    return at - last > settings.pingTimeoutSeconds * 1000 ? last : null;
  };

  /**
   * Whether a HIT has a place for one more assignment. Who is at work or was let go, and is not heard of any more, may
   * have given theirs back, of which no marketplace tells: whoever accepted the HIT since is not sent away.
   */
  const hasPlace = async ({ hitId, maxAssignments }: HitRow, assignmentId: AssignmentId): Promise<boolean> => {
    const now = clock();
    const pingTimeoutMs = settings.pingTimeoutSeconds * 1000;
    const holders = await placesHeldOnHit(db, { hitId, except: assignmentId, now, pingTimeoutMs });
    if (holders.length < maxAssignments) return true;
    const mayBeGone = holders.filter(({ phase }) => phase === 'working' || phase === 'released');
    const silent = await Promise.all(mayBeGone.map((holder) => silentSince(holder.assignmentId, now)));
    return holders.length - silent.filter((since) => since !== null).length < maxAssignments;
  };

  return { silentSince, hasPlace };
};

/** By how much the marketplace's clock may be behind ours. */
const CLOCKS_DIFFER_MS = 60_000;

/** Whether nobody can hold an assignment of a HIT any more: the time of whoever accepted it last has run out. */
export const isOver = ({ expiresAt, leftAt, fields }: HitRow, now: Instant): boolean =>
  now >
  Math.min(expiresAt ?? Number.POSITIVE_INFINITY, leftAt ?? Number.POSITIVE_INFINITY) +
    fields.assignmentDurationSeconds * 1000 +
    CLOCKS_DIFFER_MS;
