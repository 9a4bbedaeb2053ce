import { streamId } from '../domain/event.ts';
import type { AssignmentId, Instant, ProtoHitId, ReservationId } from '../domain/ids.ts';
import { patienceFrom, type ReservationPhase } from '../domain/reservation.ts';
import { columnsOf, foldInto, type Table } from './fold.ts';
import type { Queryable, Recorded } from './projection.ts';

export type ReservationRow = {
  readonly reservationId: ReservationId;
  readonly protoHitId: ProtoHitId;
  readonly foreignId: string;
  readonly payload: Recorded<'ReservationMade'>['data']['payload'];
  readonly madeAt: Instant;
  readonly expectedAt: Instant;
  readonly numAssignments: number;
  readonly phase: ReservationPhase;
  readonly invokedAt: Instant | null;
  /** Patience runs from here, as the domain has it. */
  readonly patientSince: Instant;
  /** Null: it is recruited for while somebody is missing. */
  readonly recruitingStoppedAt: Instant | null;
  readonly closedAt: Instant | null;
  /** Slots held now. */
  readonly dispatched: number;
  /** Of those, by workers who came back to the page after being called. */
  readonly responded: number;
  /** Who holds the others. */
  readonly unconfirmed: readonly AssignmentId[];
};

export const reservationTable: Table<ReservationRow> = {
  name: 'reservations',
  ddl: `
    create table reservations (
      reservation_id uuid primary key,
      proto_hit_id uuid not null,
      foreign_id text not null,
      payload jsonb,
      made_at double precision not null,
      expected_at double precision not null,
      num_assignments int not null,
      phase text not null,
      invoked_at double precision,
      patient_since double precision not null,
      recruiting_stopped_at double precision,
      closed_at double precision,
      dispatched int not null,
      responded int not null,
      unconfirmed text[] not null,
      -- Somebody is still to be found, or to be seen at work, for it.
      needs_workers boolean not null generated always as
        (phase = 'made' or (phase = 'invoked' and responded < num_assignments)) stored
    );
    create index reservations_by_age on reservations (made_at, reservation_id);
    create index reservations_by_proto_hit on reservations (proto_hit_id, made_at, reservation_id);
    create index reservations_by_phase on reservations (phase, made_at, reservation_id);
    create index reservations_in_need on reservations (proto_hit_id) where needs_workers;
    create index reservations_to_fill on reservations (proto_hit_id, invoked_at)
      where phase = 'invoked' and dispatched < num_assignments;
    create index reservations_to_time_out on reservations (patient_since) where phase = 'made';
    create index reservations_to_stop_recruiting on reservations (patient_since)
      where phase = 'invoked' and dispatched < num_assignments and recruiting_stopped_at is null;`,
  key: 'reservationId',
  columns: [
    'reservationId',
    'protoHitId',
    'foreignId',
    'payload',
    'madeAt',
    'expectedAt',
    'numAssignments',
    'phase',
    'invokedAt',
    'patientSince',
    'recruitingStoppedAt',
    'closedAt',
    'dispatched',
    'responded',
    'unconfirmed',
  ],
};

export const reservations = foldInto({
  table: reservationTable,
  version: 2,
  events: [
    'ReservationMade',
    'ReservationInvoked',
    'ForeignIdChanged',
    'RecruitingStopped',
    'RecruitingResumed',
    'WorkerDispatched',
    'WorkerResponded',
    'SlotReopened',
    'ReservationFinished',
    'ReservationUnfinished',
    'ReservationCancelled',
    'ReservationTimedOut',
  ],
  keyOf: (event) => (event.type === 'WorkerResponded' ? event.data.reservationId : streamId(event.stream)),
  evolve: (row, event): ReservationRow | null => {
    if (event.type === 'ReservationMade') return made(event);
    if (row === null) return null;
    const { at } = event.data;
    switch (event.type) {
      case 'ReservationInvoked':
        return { ...row, phase: 'invoked', foreignId: event.data.foreignId, invokedAt: at, patientSince: at };
      case 'ForeignIdChanged':
        return { ...row, foreignId: event.data.foreignId };
      case 'RecruitingStopped':
        return { ...row, recruitingStoppedAt: at };
      case 'RecruitingResumed':
        return { ...row, recruitingStoppedAt: null, patientSince: at };
      case 'WorkerDispatched':
        return {
          ...row,
          dispatched: row.dispatched + 1,
          unconfirmed: [...row.unconfirmed, event.data.assignmentId],
        };
      case 'WorkerResponded':
        return confirmed(row, streamId(event.stream));
      case 'SlotReopened': {
        const dispatched = row.dispatched - 1;
        const { unconfirmed } = confirmed(row, event.data.assignmentId);
        return { ...row, dispatched, responded: dispatched - unconfirmed.length, unconfirmed };
      }
      case 'ReservationFinished':
        return { ...row, phase: 'finished', closedAt: at };
      case 'ReservationCancelled':
        return { ...row, phase: 'cancelled', closedAt: at };
      case 'ReservationTimedOut':
        return { ...row, phase: 'timedOut', closedAt: at };
      case 'ReservationUnfinished':
        return {
          ...row,
          phase: row.invokedAt === null ? 'made' : 'invoked',
          patientSince: patienceFrom(row, at),
          recruitingStoppedAt: null,
          closedAt: null,
        };
    }
  },
});

const made = ({ data }: Recorded<'ReservationMade'>): ReservationRow => ({
  reservationId: data.reservationId,
  protoHitId: data.protoHitId,
  foreignId: data.foreignId,
  payload: data.payload,
  madeAt: data.at,
  expectedAt: data.expectedAt,
  numAssignments: data.numAssignments,
  phase: 'made',
  invokedAt: null,
  patientSince: data.expectedAt,
  recruitingStoppedAt: null,
  closedAt: null,
  dispatched: 0,
  responded: 0,
  unconfirmed: [],
});

/** Only the first answer of someone who holds a slot counts, not one that comes after the slot was given away. */
function confirmed(row: ReservationRow, assignmentId: string): ReservationRow {
  const unconfirmed = row.unconfirmed.filter((id) => id !== assignmentId);
  return unconfirmed.length === row.unconfirmed.length ? row : { ...row, responded: row.responded + 1, unconfirmed };
}

const select = `select ${columnsOf(reservationTable, 'r')} from reservations r`;

export async function findReservation(db: Queryable, id: ReservationId): Promise<ReservationRow | undefined> {
  const { rows } = await db.query<ReservationRow>(`${select} where r.reservation_id = $1`, [id]);
  return rows[0];
}

/** Made or invoked, and not closed; oldest first. */
export async function openReservations(db: Queryable, protoHitId?: ProtoHitId): Promise<readonly ReservationRow[]> {
  const { rows } = await db.query<ReservationRow>(
    `${select}
     where r.phase in ('made', 'invoked') and ($1::uuid is null or r.proto_hit_id = $1)
     order by r.made_at, r.reservation_id`,
    [protoHitId],
  );
  return rows;
}

/** Invoked, and fewer slots held than asked for; the oldest invoke first. */
export async function invokedWithOpenSlots(
  db: Queryable,
  protoHitId?: ProtoHitId,
): Promise<readonly Pick<ReservationRow, 'reservationId' | 'protoHitId'>[]> {
  const { rows } = await db.query<Pick<ReservationRow, 'reservationId' | 'protoHitId'>>(
    `select r.reservation_id as "reservationId", r.proto_hit_id as "protoHitId"
     from reservations r
     where r.phase = 'invoked' and r.dispatched < r.num_assignments and ($1::uuid is null or r.proto_hit_id = $1)
     order by r.invoked_at, r.reservation_id`,
    [protoHitId],
  );
  return rows;
}

/** Of each of these ProtoHITs two invoked reservations with open slots, if there are: enough to know of another. */
export async function someInvoked(
  db: Queryable,
  protoHitIds: readonly ProtoHitId[],
): Promise<readonly Pick<ReservationRow, 'reservationId' | 'protoHitId'>[]> {
  const { rows } = await db.query<Pick<ReservationRow, 'reservationId' | 'protoHitId'>>(
    `select r.reservation_id as "reservationId", r.proto_hit_id as "protoHitId"
     from unnest($1::uuid[]) as asked (proto_hit_id)
     cross join lateral (
       select * from reservations r
       where r.proto_hit_id = asked.proto_hit_id and r.phase = 'invoked' and r.dispatched < r.num_assignments
       limit 2
     ) r`,
    [protoHitIds],
  );
  return rows;
}

/** Nobody invoked them for `timeoutMinutes` past the time when their work was expected. */
export async function dueToTimeOut(
  db: Queryable,
  { now, timeoutMinutes, limit = 1000 }: { now: Instant; timeoutMinutes: number; limit?: number },
): Promise<readonly Pick<ReservationRow, 'reservationId'>[]> {
  const { rows } = await db.query<Pick<ReservationRow, 'reservationId'>>(
    `select r.reservation_id as "reservationId"
     from reservations r
     where r.phase = 'made' and r.patient_since <= $1
     order by r.patient_since
     limit $2`,
    [now - timeoutMinutes * 60_000, limit],
  );
  return rows;
}

/** Invoked `timeoutMinutes` ago or earlier, with slots that nobody holds, and recruited for all the same. */
export async function dueToStopRecruiting(
  db: Queryable,
  { now, timeoutMinutes, limit = 1000 }: { now: Instant; timeoutMinutes: number; limit?: number },
): Promise<readonly Pick<ReservationRow, 'reservationId'>[]> {
  const { rows } = await db.query<Pick<ReservationRow, 'reservationId'>>(
    `select r.reservation_id as "reservationId"
     from reservations r
     where r.phase = 'invoked' and r.dispatched < r.num_assignments and r.recruiting_stopped_at is null
       and r.patient_since <= $1
     order by r.patient_since
     limit $2`,
    [now - timeoutMinutes * 60_000, limit],
  );
  return rows;
}
