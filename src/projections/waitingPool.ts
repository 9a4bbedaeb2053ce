import type { ReleaseReason } from '../domain/assignment.ts';
import { streamId } from '../domain/event.ts';
import type { AssignmentId, Instant, ProtoHitId, ReservationId, WorkerId } from '../domain/ids.ts';
import { reacts } from '../domain/presence.ts';
import type { RecordedEvent } from '../event-store/port.ts';
import { foldInto, type Table } from './fold.ts';
import type { Projection, Queryable, Recorded, Statement } from './projection.ts';

type PoolRow = {
  readonly assignmentId: AssignmentId;
  readonly workerId: WorkerId;
  readonly protoHitId: ProtoHitId;
  readonly recruitedFor: ReservationId | null;
  /** `called`: given a task, not yet seen at work. `away`: has a task and may come back; not in the pool. */
  readonly state: 'waiting' | 'called' | 'away';
  readonly waitingSince: Instant;
  readonly lastPingAt: Instant;
  /** False: they do not react, or said that they leave; they are not called, and not counted as waiting. */
  readonly reacts: boolean;
  readonly reservationId: ReservationId | null;
  readonly calledAt: Instant | null;
  /** False once the slot was given to somebody else. */
  readonly holdsSlot: boolean;
  /** They came to the task, and come back to it. */
  readonly hasBegun: boolean;
};

const table: Table<PoolRow> = {
  name: 'waiting_pool',
  // Every worker pings every few seconds. Half of each page is kept free and no index holds last_ping_at or
  // reacts, so that a ping rewrites its row in place (a heap-only update) and leaves the indexes alone.
  ddl: `
    create table waiting_pool (
      assignment_id text primary key,
      worker_id text not null,
      proto_hit_id uuid not null,
      recruited_for uuid,
      state text not null,
      waiting_since double precision not null,
      last_ping_at double precision not null,
      reacts boolean not null,
      reservation_id uuid,
      called_at double precision,
      holds_slot boolean not null,
      has_begun boolean not null
    ) with (fillfactor = 50);
    create index waiting_pool_by_proto_hit on waiting_pool (proto_hit_id, waiting_since)
      where state = 'waiting';
    create index waiting_pool_by_recruiter on waiting_pool (proto_hit_id, recruited_for, waiting_since)
      where state = 'waiting';
    create index waiting_pool_by_worker on waiting_pool (worker_id, proto_hit_id, waiting_since, assignment_id)
      where state = 'waiting';
    create index waiting_pool_called on waiting_pool (called_at) where state = 'called';`,
  key: 'assignmentId',
  columns: [
    'assignmentId',
    'workerId',
    'protoHitId',
    'recruitedFor',
    'state',
    'waitingSince',
    'lastPingAt',
    'reacts',
    'reservationId',
    'calledAt',
    'holdsSlot',
    'hasBegun',
  ],
};

type PoolEvent = Recorded<(typeof poolEvents)[number]>;
const poolEvents = [
  'WorkerArrived',
  'TaskAssigned',
  'SlotReopened',
  'SlotLost',
  'WorkerResponded',
  'WorkerReleased',
  'WorkerLost',
  'AssignmentReturned',
  'AssignmentAbandoned',
  'AssignmentSubmitted',
  'AssignmentApproved',
  'AssignmentRejected',
  'WorkerPinged',
] as const;

const assignmentOf = (event: RecordedEvent): string =>
  event.type === 'WorkerPinged' || event.type === 'SlotReopened' ? event.data.assignmentId : streamId(event.stream);

const fold = foldInto({
  table,
  version: 4,
  events: poolEvents,
  keyOf: assignmentOf,
  evolve: (row: PoolRow | null, event: PoolEvent): PoolRow | null => {
    if (event.type === 'WorkerArrived') {
      const { assignmentId, workerId, protoHitId, recruitedFor, at } = event.data;
      const worker = {
        assignmentId,
        workerId,
        protoHitId,
        recruitedFor,
        waitingSince: at,
        lastPingAt: at,
        reacts: true,
      };
      return row === null || row.reservationId === null || row.workerId !== workerId
        ? { ...worker, state: 'waiting', reservationId: null, calledAt: null, holdsSlot: false, hasBegun: false }
        : { ...row, ...worker, state: row.hasBegun ? 'away' : 'called' };
    }
    if (row === null) return null;
    switch (event.type) {
      case 'WorkerPinged':
        return row.state !== 'away' && event.data.at >= row.lastPingAt
          ? { ...row, lastPingAt: event.data.at, reacts: reacts(event.data.pingType) }
          : row;
      case 'TaskAssigned': {
        const { reservationId, at: calledAt } = event.data;
        return { ...row, state: 'called', reservationId, calledAt, holdsSlot: true };
      }
      case 'SlotReopened':
        return row.reservationId === streamId(event.stream) ? { ...row, holdsSlot: false } : row;
      case 'SlotLost':
        return { ...row, holdsSlot: false };
      case 'WorkerResponded':
        return row.reservationId === null ? null : { ...row, state: 'away', hasBegun: true };
      case 'WorkerLost':
      case 'AssignmentReturned':
      case 'AssignmentAbandoned':
        return row.reservationId === null ? null : { ...row, state: 'away' };
      case 'WorkerReleased':
      case 'AssignmentSubmitted':
      case 'AssignmentApproved':
      case 'AssignmentRejected':
        return null;
    }
  },
});

/**
 * Who waits, who was called and has not answered, and when each was last heard of. Nearly all events here are
 * pings of workers to whom nothing else happens in the batch: those take one statement, without loading rows.
 */
export const waitingPool: Projection = {
  ...fold,
  apply: async (tx, events) => {
    const moved = new Set<string>();
    for (const event of events) if (event.type !== 'WorkerPinged') moved.add(assignmentOf(event));
    const lastPings = new Map<string, Recorded<'WorkerPinged'>['data']>();
    const inOrder: RecordedEvent[] = [];
    for (const event of events) {
      if (event.type !== 'WorkerPinged' || moved.has(event.data.assignmentId)) inOrder.push(event);
      else {
        const last = lastPings.get(event.data.assignmentId);
        if (last === undefined || event.data.at >= last.at) lastPings.set(event.data.assignmentId, event.data);
      }
    }
    const changes = await fold.apply(tx, inOrder);
    return lastPings.size === 0 ? changes : [...changes, heardOf(lastPings)];
  },
};

const heardOf = (lastPings: ReadonlyMap<string, Recorded<'WorkerPinged'>['data']>): Statement => ({
  name: 'waiting_pool.heard_of',
  text: `
    update waiting_pool pool
    set last_ping_at = ping.at, reacts = ping.reacts
    from unnest($1::text[], $2::double precision[], $3::boolean[]) as ping (assignment_id, at, reacts)
    where pool.assignment_id = ping.assignment_id and pool.last_ping_at <= ping.at and pool.state <> 'away'`,
  values: [
    [...lastPings.keys()],
    Array.from(lastPings.values(), ({ at }) => at),
    Array.from(lastPings.values(), ({ pingType }) => reacts(pingType)),
  ],
});

/** With which assignments a person waits, on whatever node and for whatever work. */
export async function waitingOf(db: Queryable, workerId: WorkerId): Promise<readonly AssignmentId[]> {
  const { rows } = await db.query<{ assignmentId: AssignmentId }>(
    `select assignment_id as "assignmentId" from waiting_pool where state = 'waiting' and worker_id = $1`,
    [workerId],
  );
  return rows.map(({ assignmentId }) => assignmentId);
}

/** Not heard of for `afterMs`, whether waiting or called; the longest silent first. */
export async function lostWorkers(
  db: Queryable,
  { now, afterMs, limit = MOST_AT_ONCE }: { now: Instant; afterMs: number; limit?: number },
): Promise<readonly Pick<PoolRow, 'assignmentId' | 'lastPingAt' | 'reservationId'>[]> {
  const { rows } = await db.query<Pick<PoolRow, 'assignmentId' | 'lastPingAt' | 'reservationId'>>(
    `select assignment_id as "assignmentId", last_ping_at as "lastPingAt", reservation_id as "reservationId"
     from waiting_pool
     where state in ('waiting', 'called') and last_ping_at < $1
     order by last_ping_at, assignment_id
     limit $2`,
    [now - afterMs, limit],
  );
  return rows;
}

/** Called, hold a slot, and have gone silent or have not answered in time; called longest ago first. */
export async function silentCalled(
  db: Queryable,
  options: { now: Instant; pingTimeoutMs: number; responseTimeoutMs: number; limit?: number },
): Promise<readonly { assignmentId: AssignmentId; reservationId: ReservationId }[]> {
  const { now, pingTimeoutMs, responseTimeoutMs, limit = MOST_AT_ONCE } = options;
  const { rows } = await db.query<{ assignmentId: AssignmentId; reservationId: ReservationId }>(
    `select assignment_id as "assignmentId", reservation_id as "reservationId"
     from waiting_pool
     where state = 'called' and holds_slot and (last_ping_at < $1 or called_at < $2)
     order by called_at, assignment_id
     limit $3`,
    [now - pingTimeoutMs, now - responseTimeoutMs, limit],
  );
  return rows;
}

/**
 * Waiting workers to be told that the wait is over: they were blocked, no open reservation of their ProtoHIT needs anybody, or they
 * have waited as long as the ProtoHIT allows, or their assignment would soon run out unpaid. Unsigned pages, the original's,
 * cannot be told that nobody needs them: while the ProtoHIT is in use they wait on, for the next reservation.
 */
export async function releasable(
  db: Queryable,
  { now, limit = MOST_AT_ONCE }: { now: Instant; limit?: number },
): Promise<readonly { assignmentId: AssignmentId; protoHitId: ProtoHitId; reason: ReleaseReason }[]> {
  const { rows } = await db.query<{
    assignmentId: AssignmentId;
    protoHitId: ProtoHitId;
    reason: ReleaseReason;
  }>(
    `with terms as materialized (
       select p.proto_hit_id, p.retired_at is not null as is_retired,
              (p.fields->>'maxWaitSeconds')::double precision * 1000 as longest_wait,
              (p.fields->>'assignmentDurationSeconds')::double precision * 1000 as duration,
              exists (select from reservations r
                      where r.proto_hit_id = p.proto_hit_id and r.needs_workers) as is_needed
       from proto_hits p
     )
     select w.assignment_id as "assignmentId", w.proto_hit_id as "protoHitId",
            case when is_blocked then 'blocked'
                 when is_needed or not (t.is_signed or is_retired) then 'waitedLongest'
                 else 'notNeeded' end as reason
     from waiting_pool w
     join terms on terms.proto_hit_id = w.proto_hit_id
     join tasks t on t.assignment_id = w.assignment_id
     cross join lateral (
       select w.worker_id in (select b.worker_id from workers b where b.phase = 'blocked') as is_blocked
     ) standing
     where w.state = 'waiting'
       and (is_blocked
            or (not is_needed and (t.is_signed or is_retired))
            or $1 - w.waiting_since >= longest_wait
            or $1 - t.arrived_at >= duration - least($2, duration / 2))
     order by w.waiting_since, w.assignment_id
     limit $3`,
    [now, TIME_TO_SUBMIT_MS, limit],
  );
  return rows;
}

/** Left of the assignment's time when its worker is released at the latest. */
const TIME_TO_SUBMIT_MS = 60_000;

/** What one round of a watch takes up; the next round finds the rest. */
const MOST_AT_ONCE = 1_000;
