import type { AssignmentId, Instant } from '../domain/ids.ts';
import { reacts } from '../domain/presence.ts';
import { foldInto, type Table } from './fold.ts';

/** When somebody's page was open and nobody was there to be called. Null while it lasts. */
type Pause = { readonly since: Instant; readonly until: Instant | null };

/** Only of those who ever paused: nearly all pings meet no row and make none. */
type PausesRow = { readonly assignmentId: AssignmentId; readonly pauses: readonly Pause[] };

const table: Table<PausesRow> = {
  name: 'pauses',
  ddl: 'create table pauses (assignment_id text primary key, pauses jsonb not null);',
  key: 'assignmentId',
  columns: ['assignmentId', 'pauses'],
};

/** Made anew, it knows of as long ago as pings are kept in the log. */
export const pauses = foldInto({
  table,
  version: 1,
  events: ['WorkerArrived', 'WorkerPinged'],
  keyOf: ({ data }) => data.assignmentId,
  evolve: (row: PausesRow | null, event): PausesRow | null => {
    const { assignmentId, at } = event.data;
    const isThere = event.type === 'WorkerArrived' || reacts(event.data.pingType);
    const before = row?.pauses ?? [];
    const last = before.at(-1);
    const isOpen = last !== undefined && last.until === null;
    // A ping that was overtaken by what happened after it says nothing new.
    if (last !== undefined && at < (last.until ?? last.since)) return row;
    if (!isThere) return isOpen ? row : { assignmentId, pauses: [...before, { since: at, until: null }] };
    if (!isOpen) return row;
    return { assignmentId, pauses: [...before.slice(0, -1), { since: last.since, until: at }] };
  },
});
