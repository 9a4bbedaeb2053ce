import type { AssignmentPhase, ReleaseReason } from '../domain/assignment.ts';
import { streamId } from '../domain/event.ts';
import type {
  AssignmentId,
  HitId,
  Instant,
  MarketplaceHitId,
  ProtoHitId,
  ReservationId,
  WorkerId,
} from '../domain/ids.ts';
import { columnsOf, foldInto, type Table } from './fold.ts';
import type { Queryable, Recorded } from './projection.ts';

/** An assignment, and the task that its worker was given. */
export type TaskRow = {
  readonly assignmentId: AssignmentId;
  readonly workerId: WorkerId;
  readonly hitId: HitId;
  readonly marketplaceHitId: MarketplaceHitId;
  readonly protoHitId: ProtoHitId;
  readonly phase: AssignmentPhase;
  readonly recruitedFor: ReservationId | null;
  /** Only requests that show the token of its page are taken. */
  readonly isSigned: boolean;
  /** Of the tokens given out for this assignment one after the other, which is the one that counts. */
  readonly generation: number;
  /** The three are null until there is a task. */
  readonly reservationId: ReservationId | null;
  readonly foreignId: string | null;
  readonly calledAt: Instant | null;
  /** They hold a slot of that reservation: it was not given to somebody else. */
  readonly holdsSlot: boolean;
  /** First seen at the landing page. */
  readonly arrivedAt: Instant;
  /** Last came to the page: later than `arrivedAt` for someone who was lost in between. */
  readonly waitingSince: Instant;
  /** First seen at work. */
  readonly respondedAt: Instant | null;
  /** When their page called them, by its own account of how long before `respondedAt`; null where it gives none. */
  readonly rangAt: Instant | null;
  /** When they left the page for good, as far as is known: released, lost, returned, or done. */
  readonly endedAt: Instant | null;
  /** Why their wait was ended; null if it never was. */
  readonly released: ReleaseReason | null;
  readonly approvedAt: Instant | null;
  /** Of the last event of the assignment's stream that changed what is here. */
  readonly revision: number;
};

const table: Table<TaskRow> = {
  name: 'tasks',
  ddl: `
    create table tasks (
      assignment_id text primary key,
      worker_id text not null,
      hit_id uuid not null,
      marketplace_hit_id text not null,
      proto_hit_id uuid not null,
      phase text not null,
      recruited_for uuid,
      is_signed boolean not null,
      generation int not null,
      reservation_id uuid,
      foreign_id text,
      called_at double precision,
      holds_slot boolean not null,
      arrived_at double precision not null,
      waiting_since double precision not null,
      responded_at double precision,
      rang_at double precision,
      ended_at double precision,
      released text,
      approved_at double precision,
      revision int not null
    );
    create index tasks_by_hit on tasks (hit_id);
    create index tasks_by_arrival on tasks (arrived_at, assignment_id);
    create index tasks_by_worker on tasks (worker_id, arrived_at, assignment_id);
    create index tasks_to_review on tasks (arrived_at, assignment_id) where phase = 'submitted';
    create index tasks_by_reservation on tasks (reservation_id) where reservation_id is not null;
    create index tasks_slots on tasks (worker_id, reservation_id) where holds_slot;
    create index tasks_by_end on tasks (coalesce(ended_at, called_at));
    create index tasks_by_call on tasks (called_at) where called_at is not null;
    create index tasks_by_approval on tasks (approved_at) where approved_at is not null;`,
  key: 'assignmentId',
  columns: [
    'assignmentId',
    'workerId',
    'hitId',
    'marketplaceHitId',
    'protoHitId',
    'phase',
    'recruitedFor',
    'isSigned',
    'generation',
    'reservationId',
    'foreignId',
    'calledAt',
    'holdsSlot',
    'arrivedAt',
    'waitingSince',
    'respondedAt',
    'rangAt',
    'endedAt',
    'released',
    'approvedAt',
    'revision',
  ],
};

export const tasks = foldInto({
  table,
  version: 8,
  events: [
    'WorkerArrived',
    'TokenRenewed',
    'TaskAssigned',
    'WorkerDispatched',
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
  ],
  keyOf: (event) =>
    event.type === 'WorkerDispatched' || event.type === 'SlotReopened'
      ? event.data.assignmentId
      : streamId(event.stream),
  evolve: (row, event): TaskRow | null => {
    const { revision } = event;
    if (event.type === 'WorkerArrived') return arrived(row, event);
    if (row === null) return null;
    const { at } = event.data;
    // What the marketplace's clock says may be from before the page was last seen.
    const endedAt = row.endedAt ?? Math.max(at, row.respondedAt ?? row.calledAt ?? 0, row.waitingSince);
    switch (event.type) {
      case 'TokenRenewed':
        return { ...row, generation: event.data.generation, revision };
      case 'TaskAssigned': {
        const { reservationId, foreignId } = event.data;
        return { ...row, phase: 'called', reservationId, foreignId, calledAt: at, holdsSlot: true, revision };
      }
      case 'WorkerDispatched':
      case 'SlotReopened': {
        const holdsSlot = event.type === 'WorkerDispatched';
        // Of the reservation's stream. A first dispatch comes before the task, which says the same.
        return row.reservationId !== streamId(event.stream) || row.holdsSlot === holdsSlot
          ? row
          : { ...row, holdsSlot };
      }
      case 'SlotLost':
        return { ...row, holdsSlot: false, revision };
      case 'WorkerResponded': {
        const { reactedAfterMs } = event.data;
        const came = { ...row, phase: 'working', revision } as const;
        if (row.respondedAt !== null) return came;
        return { ...came, respondedAt: at, rangAt: reactedAfterMs === null ? null : at - reactedAfterMs };
      }
      case 'WorkerReleased':
        return { ...row, phase: 'released', endedAt, released: event.data.reason, holdsSlot: false, revision };
      case 'WorkerLost':
        return { ...row, phase: 'lost', endedAt, revision };
      case 'AssignmentReturned':
        return { ...row, phase: 'returned', endedAt, revision };
      case 'AssignmentAbandoned':
        return { ...row, phase: 'abandoned', endedAt, revision };
      case 'AssignmentSubmitted':
        return { ...row, phase: 'submitted', endedAt, revision };
      case 'AssignmentApproved':
        return { ...row, phase: 'approved', endedAt, approvedAt: at, revision };
      case 'AssignmentRejected':
        return { ...row, phase: 'rejected', endedAt, revision };
    }
  },
});

/** Who comes back finds their task as it was; somebody else on the same assignment begins a stay of their own. */
function arrived(before: TaskRow | null, { data, revision }: Recorded<'WorkerArrived'>): TaskRow {
  const { assignmentId, workerId, hitId, marketplaceHitId, protoHitId, recruitedFor, isSigned, at } = data;
  const row = before?.workerId === workerId ? before : null;
  return {
    assignmentId,
    workerId,
    hitId,
    marketplaceHitId,
    protoHitId,
    recruitedFor,
    isSigned,
    phase: row?.reservationId ? (row.respondedAt === null ? 'called' : 'working') : 'waiting',
    generation: row?.generation ?? (before === null ? 0 : before.generation + 1),
    reservationId: row?.reservationId ?? null,
    foreignId: row?.foreignId ?? null,
    calledAt: row?.calledAt ?? null,
    holdsSlot: row?.holdsSlot ?? false,
    arrivedAt: row?.arrivedAt ?? at,
    waitingSince: at,
    respondedAt: row?.respondedAt ?? null,
    rangAt: row?.rangAt ?? null,
    endedAt: null,
    released: row?.released ?? null,
    approvedAt: null,
    revision,
  };
}

const ASKED_OFTEN = [
  'assignmentId',
  'workerId',
  'marketplaceHitId',
  'protoHitId',
  'phase',
  'isSigned',
  'generation',
  'reservationId',
  'foreignId',
  'calledAt',
  'holdsSlot',
  'respondedAt',
  'released',
] as const satisfies readonly (keyof TaskRow)[];

/** What workers' polls and pings, thousands a second, have to know; each column costs them. */
export type Task = Pick<TaskRow, (typeof ASKED_OFTEN)[number]> & {
  /** Of somebody who lost their slot: nobody else has it yet. Null for all others, for whom it is not looked up. */
  readonly slotIsOpen: boolean | null;
};

/** Assignments that never arrived are left out. */
export async function tasksOf(db: Queryable, ids: readonly AssignmentId[]): Promise<ReadonlyMap<AssignmentId, Task>> {
  // Named, so that it is planned once a connection.
  const { rows } = await db.query<Task>({
    name: 'tasks.of',
    text: `select ${columnsOf({ columns: ASKED_OFTEN }, 't')},
                  case when t.phase = 'called' and not t.holds_slot then coalesce(
                    (select r.phase = 'invoked' and r.dispatched < r.num_assignments
                     from reservations r where r.reservation_id = t.reservation_id), false)
                  end as "slotIsOpen"
           from tasks t where t.assignment_id = any($1)`,
    values: [ids],
  });
  return new Map(rows.map((row) => [row.assignmentId, row]));
}

/** Who came through which HIT, in order of arrival; HITs that brought nobody are left out. */
export async function tasksOnHits(
  db: Queryable,
  hitIds: readonly HitId[],
): Promise<ReadonlyMap<HitId, readonly TaskRow[]>> {
  const { rows } = await db.query<TaskRow>(
    `select ${columnsOf(table, 't')} from tasks t where t.hit_id = any($1) order by t.arrived_at, t.assignment_id`,
    [hitIds],
  );
  const byHit = new Map<HitId, TaskRow[]>();
  for (const row of rows) {
    const others = byHit.get(row.hitId);
    if (others) others.push(row);
    else byHit.set(row.hitId, [row]);
  }
  return byHit;
}

/**
 * The other assignments of a HIT that hold one of its places: they wait and are heard of, or have done more than wait.
 * Whether those who are at work or were let go are still heard of is not known here.
 */
export async function placesHeldOnHit(
  db: Queryable,
  { hitId, except, now, pingTimeoutMs }: { hitId: HitId; except: AssignmentId; now: Instant; pingTimeoutMs: number },
): Promise<readonly Pick<TaskRow, 'assignmentId' | 'phase'>[]> {
  const { rows } = await db.query<Pick<TaskRow, 'assignmentId' | 'phase'>>(
    `select t.assignment_id as "assignmentId", t.phase
     from tasks t
     left join waiting_pool w on w.assignment_id = t.assignment_id and w.state = 'waiting'
     where t.hit_id = $1 and t.assignment_id <> $2
       and (t.phase in ('called', 'working', 'released', 'submitted', 'approved', 'rejected')
            or (t.phase = 'waiting' and w.last_ping_at >= $3))`,
    [hitId, except, now - pingTimeoutMs],
  );
  return rows;
}
