import type pg from 'pg';

/** Dropped while the log is filled and made again afterwards, from sorted rows: a tenth of the time for ten million. */
const CONSTRAINTS = [
  ['events_pkey', 'primary key (position)'],
  ['one_event_a_revision', 'unique (stream, revision)'],
  ['one_event_an_id', 'unique (event_id)'],
] as const;

/**
 * Fills the log as its own append function would have, with hashes and sealed in batches, at a rate that makes
 * millions bearable: one statement a batch. Each batch is a query of n (from 1), stream, revision, type and data, a
 * stream's revisions in the order of n.
 */
export async function seedLog(client: pg.ClientBase, batches: Iterable<string>): Promise<void> {
  await client.query(`set synchronous_commit = off; set work_mem = '64MB'; set maintenance_work_mem = '512MB'`);
  const drops = CONSTRAINTS.map(([name]) => `drop constraint ${name}`);
  await client.query(`alter table event_store.events ${drops.join(', ')}`);
  for (const batch of batches) await client.query(appendSql(batch));
  const adds = CONSTRAINTS.map(([name, definition]) => `add constraint ${name} ${definition}`);
  await client.query(`alter table event_store.events ${adds.join(', ')}`);
  await client.query(`reset synchronous_commit; reset work_mem; reset maintenance_work_mem`);
  await client.query('vacuum analyze event_store.events');
}

const appendSql = (events: string): string => `
  with head as materialized (
    select coalesce(max(position), 0) as position,
           coalesce((array_agg(hash order by position desc))[1], '') as hash
    from (select position, hash from event_store.batches order by position desc limit 1) last
  ), made as materialized (
    select head.position + e.n as position, e.stream, e.revision, gen_random_uuid() as event_id, e.type,
           1::smallint as version, e.data,
           '{"actor":"anyone","correlationId":"bench","causationId":"bench"}'::jsonb as metadata,
           (extract(epoch from statement_timestamp()) * 1000)::bigint as recorded_at
    from head, (${events}) e
  ), stored as (
    insert into event_store.events
      (position, stream, revision, event_id, type, version, data, metadata, recorded_at, hash)
    select position, stream, revision, event_id, type, version, data, metadata, recorded_at,
           event_store.hash_of(position, stream, revision, event_id, type, version, data, metadata, recorded_at)
    from made
    returning position, hash
  )
  insert into event_store.batches
  select (select max(position) from stored),
         sha256((select hash from head) || (select string_agg(hash, '' order by position) from stored))`;

/** Events of one evening: see `eveningsSql`. */
const EVENTS_AN_EVENING = 105;
const EVENINGS_A_BATCH = 96;

export const TASKS_AN_EVENING = 10;

/** So many evenings that there are at least so many events. */
export const eveningsOf = (events: number): number => Math.ceil(events / EVENTS_AN_EVENING);

/** Mixed events up to an evening, after those that are in the log already. */
export function* mixedEvents(last: number, before = 0): Generator<string> {
  for (let first = before + 1; first <= last; first += EVENINGS_A_BATCH)
    yield eveningsSql(first, Math.min(first + EVENINGS_A_BATCH - 1, last));
}

const id = (kind: number, n: string): string => `'0000000${kind}-0000-7000-8000-' || lpad(to_hex(${n}), 12, '0')`;
const FIELDS = JSON.stringify({
  ...{ hitTypeId: 'bench', title: 'Bench', description: 'd', keywords: 'k', url: 'http://127.0.0.1/', frameHeight: 0 },
  ...{ rewardCents: 5, assignmentDurationSeconds: 600, lifetimeSeconds: 3_600, autoApprovalDelaySeconds: 60 },
  ...{ maxAssignments: 10, workerLocale: '', approvalRating: 0, maxWaitSeconds: 300 },
});

/**
 * Evenings from one to another, each with a reservation of its own: its HIT is posted, ten workers arrive and ping
 * seven times each; two are called, respond, submit and are approved, the others are released; the HIT goes.
 */
function eveningsSql(first: number, last: number): string {
  const [protoHitId, reservationId, hitId] = [id(1, '1'), id(2, 'e'), id(3, 'e')];
  const [ofReservation, ofHit] = [`'reservation-' || ${reservationId}`, `'hit-' || ${hitId}`];
  const assignmentId = `'A' || e || 'W' || w`;
  const [ofAssignment, ofPresence] = [`'assignment-' || ${assignmentId}`, `'presence-' || ${assignmentId}`];
  const worker = `'assignmentId', ${assignmentId}, 'workerId', 'W' || w, `;
  const [all, called, others] = [workers(1, 10), workers(1, 2), workers(3, 10)];
  const steps: readonly (readonly [type: string, stream: string, revision: string, data: string, who?: string])[] = [
    [
      ...(['ReservationMade', ofReservation, '0'] as const),
      `'reservationId', ${reservationId}, 'protoHitId', ${protoHitId}, 'foreignId', e::text, 'payload', null,
       'expectedAt', e, 'numAssignments', 2, `,
    ],
    [
      ...(['HitPostRequested', ofHit, '0'] as const),
      `'hitId', ${hitId}, 'protoHitId', ${protoHitId}, 'recruitedFor', ${reservationId},
       'fields', '${FIELDS}'::jsonb, 'sandbox', true, 'maxAssignments', 10, `,
    ],
    ['HitPosted', ofHit, '1', `'marketplaceHitId', 'M' || e, 'expiresAt', e + 3600000, `],
    [
      ...(['WorkerArrived', ofAssignment, '0'] as const),
      `${worker}'hitId', ${hitId}, 'marketplaceHitId', 'M' || e, 'protoHitId', ${protoHitId},
       'recruitedFor', ${reservationId}, `,
      all,
    ],
    ...Array.from(
      { length: 7 },
      (_, n) => ['WorkerPinged', ofPresence, `${n}`, `${worker}'pingType', 'waiting', `, all] as const,
    ),
    ['ReservationInvoked', ofReservation, '1', `'foreignId', e::text, `],
    ['WorkerDispatched', ofReservation, '1 + w', worker, called],
    ['TaskAssigned', ofAssignment, '1', `'reservationId', ${reservationId}, 'foreignId', e::text, `, called],
    ['WorkerResponded', ofAssignment, '2', `'reservationId', ${reservationId}, 'afterMs', 900, `, called],
    ['ReservationFinished', ofReservation, '4', ''],
    ['WorkerReleased', ofAssignment, '1', `'reason', 'notNeeded', `, others],
    ['AssignmentSubmitted', ofAssignment, '3', '', called],
    ['AssignmentApproved', ofAssignment, '4', '', called],
    ['HitExpired', ofHit, '2', ''],
    ['HitDisposed', ofHit, '3', ''],
  ];
  const each = steps.map(
    ([type, stream, revision, data, who = ''], step) =>
      `select e, ${step} as step, ${stream} as stream, ${revision} as revision, '${type}' as type,
         jsonb_build_object(${data}'at', e + ${step}) as data
       from generate_series(${first}, ${last}) e ${who}`,
  );
  return `
    select (row_number() over (order by e, step, stream, revision))::bigint as n, stream, revision, type, data
    from (${each.join(' union all ')}) each`;
}

const workers = (first: number, last: number): string => `cross join generate_series(${first}, ${last}) w`;
