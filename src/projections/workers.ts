import { streamId } from '../domain/event.ts';
import type { EventId, Instant, WorkerId } from '../domain/ids.ts';
import { evolveWorker, type Worker } from '../domain/worker.ts';
import { columnsOf, foldInto, type Table } from './fold.ts';
import type { Queryable, Recorded } from './projection.ts';

/** A person: whoever came here, or was blocked before they could. */
export type WorkerRow = {
  readonly workerId: WorkerId;
  /** Both null: never seen. */
  readonly firstSeenAt: Instant | null;
  readonly lastSeenAt: Instant | null;
  /** Of the last arrival, or of the block of somebody who was never seen: what pages are cut by. */
  readonly movedAt: Instant;
  /** Assignments they came with. */
  readonly assignments: number;
  readonly phase: Worker['phase'];
  readonly marketplace: Worker['marketplace'];
  /** Of the last block; kept when it is lifted. */
  readonly blockedAt: Instant | null;
  readonly blockedBy: string | null;
  readonly reason: string | null;
  /** Of the decision that the marketplace is to be told of. */
  readonly token: EventId | null;
  readonly fault: string | null;
};

const table: Table<WorkerRow> = {
  name: 'workers',
  ddl: `
    create table workers (
      worker_id text primary key,
      first_seen_at double precision,
      last_seen_at double precision,
      moved_at double precision not null,
      assignments int not null,
      phase text not null,
      marketplace text not null,
      blocked_at double precision,
      blocked_by text,
      reason text,
      token uuid,
      fault text
    );
    create index workers_by_move on workers (moved_at, worker_id);
    create index workers_blocked on workers (moved_at, worker_id) where phase = 'blocked';
    create index workers_to_tell on workers (blocked_at) where marketplace in ('blocking', 'unblocking');`,
  key: 'workerId',
  columns: [
    'workerId',
    'firstSeenAt',
    'lastSeenAt',
    'movedAt',
    'assignments',
    'phase',
    'marketplace',
    'blockedAt',
    'blockedBy',
    'reason',
    'token',
    'fault',
  ],
};

const workerEvents = [
  'WorkerArrived',
  'WorkerBlocked',
  'WorkerUnblocked',
  'MarketplaceBlocked',
  'MarketplaceUnblocked',
  'MarketplaceBlockFailed',
] as const;

const workerOf = (event: Recorded<(typeof workerEvents)[number]>): WorkerId =>
  event.type === 'WorkerArrived' ? event.data.workerId : (streamId(event.stream) as WorkerId);

export const workers = foldInto({
  table,
  version: 2,
  events: workerEvents,
  keyOf: workerOf,
  evolve: (before, event): WorkerRow => {
    const { at } = event.data;
    const row = before ?? unseen(workerOf(event), at);
    if (event.type === 'WorkerArrived') {
      const assignments = row.assignments + (event.revision === 0 || event.data.takesOver ? 1 : 0);
      return { ...row, firstSeenAt: row.firstSeenAt ?? at, lastSeenAt: at, movedAt: at, assignments };
    }
    const moved = { ...row, ...evolveWorker(row, event) };
    switch (event.type) {
      case 'WorkerBlocked': {
        const { reason } = event.data;
        return { ...moved, blockedAt: at, blockedBy: event.metadata.actor, reason, token: event.id, fault: null };
      }
      case 'WorkerUnblocked':
        // Of the last block, also when it is over.
        return { ...moved, reason: row.reason, token: event.id, fault: null };
      case 'MarketplaceBlocked':
      case 'MarketplaceUnblocked':
        return moved;
      case 'MarketplaceBlockFailed':
        return { ...moved, fault: `${event.data.code}: ${event.data.message}` };
    }
  },
});

const unseen = (workerId: WorkerId, movedAt: Instant): WorkerRow => ({
  workerId,
  firstSeenAt: null,
  lastSeenAt: null,
  movedAt,
  assignments: 0,
  phase: 'welcome',
  marketplace: 'unblocked',
  blockedAt: null,
  blockedBy: null,
  reason: null,
  token: null,
  fault: null,
});

/** Of whom the marketplace is to be told. */
export type BlockToTell = {
  readonly workerId: WorkerId;
  readonly marketplace: 'blocking' | 'unblocking';
  readonly reason: string;
  readonly token: EventId;
  /** Where they came from last; null: they never came, and no marketplace knows them as ours. */
  readonly sandbox: boolean | null;
};

export async function awaitingBlock(db: Queryable, { limit }: { limit: number }): Promise<readonly BlockToTell[]> {
  const { rows } = await db.query<BlockToTell>(
    `select ${columnsOf(table, 'w')},
            (select h.sandbox from tasks t join hits h using (hit_id)
             where t.worker_id = w.worker_id
             order by t.arrived_at desc
             limit 1) as sandbox
     from workers w
     where w.marketplace in ('blocking', 'unblocking')
     order by w.blocked_at
     limit $1`,
    [limit],
  );
  return rows;
}
