import type pg from 'pg';

/** Events in one batch of the log's chain of hashes. */
const BATCH = 10_000;

/**
 * Fills the log as its own append function would have, at a rate that makes a million bearable: set-based, with
 * hashes, sealed in batches. `events` is a query of n (from 1), stream, revision, type and data, each stream's
 * revisions in the order of n.
 */
export async function seedLog(client: pg.ClientBase, events: string): Promise<void> {
  await client.query(
    `with head as (select coalesce(max(position), 0) as position from event_store.events),
     made as (
       select head.position + e.n as position, e.stream, e.revision, gen_random_uuid() as event_id, e.type,
              case when e.type = 'ApiKeyIssued' then 2 else 1 end::smallint as version, e.data,
              '{"actor":"anyone","correlationId":"bench","causationId":"bench"}'::jsonb as metadata,
              (1800000000000 + e.n)::bigint as recorded_at
       from head, (${events}) e
     )
     insert into event_store.events
       (position, stream, revision, event_id, type, version, data, metadata, recorded_at, hash)
     select position, stream, revision, event_id, type, version, data, metadata, recorded_at,
            event_store.hash_of(position, stream, revision, event_id, type, version, data, metadata, recorded_at)
     from made`,
  );
  await client.query(
    `do $$
     declare
       head bigint := (select max(position) from event_store.events);
       start bigint := (select coalesce(max(position), 0) from event_store.batches);
       last bytea := coalesce((select hash from event_store.batches order by position desc limit 1), '');
     begin
       while start < head loop
         select sha256(last || string_agg(hash, '' order by position)) into last
         from event_store.events where position > start and position <= start + ${BATCH};
         start := least(start + ${BATCH}, head);
         insert into event_store.batches values (start, last);
       end loop;
     end $$`,
  );
  await client.query('analyze event_store.events');
}

const id = (kind: number, n: string): string => `'0000000${kind}-0000-7000-8000-' || lpad(to_hex(${n}), 12, '0')`;

/**
 * An evening over and over: a reservation, ten workers who arrive, ping seven times each, two of whom are called,
 * respond and are approved. 88 events an evening, `evenings` of them, in turn.
 */
export const mixedEvents = (evenings: number): string => `
  with evening as (select e from generate_series(1, ${evenings}) e),
  fields as (select '{"hitTypeId":"bench","title":"Bench","description":"d","keywords":"k","url":"http://127.0.0.1/",
    "frameHeight":0,"rewardCents":5,"assignmentDurationSeconds":600,"lifetimeSeconds":3600,
    "autoApprovalDelaySeconds":60,"maxAssignments":10,"workerLocale":"","approvalRating":0,
    "maxWaitSeconds":300}'::jsonb as fields),
  each as (
    select e, 0 as step, 'reservation-' || ${id(2, 'e')} as stream, 0 as revision, 'ReservationMade' as type,
      jsonb_build_object('reservationId', ${id(2, 'e')}, 'protoHitId', ${id(1, '1')}, 'foreignId', e::text,
        'payload', null, 'expectedAt', e, 'numAssignments', 2, 'at', e) as data from evening
    union all
    select e, 1, 'hit-' || ${id(3, 'e')}, 0, 'HitPostRequested',
      jsonb_build_object('hitId', ${id(3, 'e')}, 'protoHitId', ${id(1, '1')}, 'recruitedFor', ${id(2, 'e')},
        'fields', fields, 'sandbox', true, 'maxAssignments', 10, 'at', e) from evening, fields
    union all
    select e, 2, 'hit-' || ${id(3, 'e')}, 1, 'HitPosted',
      jsonb_build_object('marketplaceHitId', 'M' || e, 'expiresAt', e + 3600000, 'at', e) from evening
    union all
    select e, 2 + w, 'assignment-A' || e || 'W' || w, 0, 'WorkerArrived',
      jsonb_build_object('assignmentId', 'A' || e || 'W' || w, 'workerId', 'W' || w, 'hitId', ${id(3, 'e')},
        'marketplaceHitId', 'M' || e, 'protoHitId', ${id(1, '1')}, 'recruitedFor', ${id(2, 'e')}, 'at', e)
      from evening, generate_series(1, 10) w
    union all
    select e, 10 + w + 10 * p, 'presence-A' || e || 'W' || w, p - 1, 'WorkerPinged',
      jsonb_build_object('assignmentId', 'A' || e || 'W' || w, 'workerId', 'W' || w, 'pingType', 'waiting', 'at', e + p)
      from evening, generate_series(1, 10) w, generate_series(1, 7) p
    union all
    select e, 100, 'reservation-' || ${id(2, 'e')}, 1, 'ReservationInvoked',
      jsonb_build_object('foreignId', e::text, 'at', e + 10) from evening
    union all
    select e, 100 + w, 'reservation-' || ${id(2, 'e')}, 1 + w, 'WorkerDispatched',
      jsonb_build_object('assignmentId', 'A' || e || 'W' || w, 'workerId', 'W' || w, 'at', e + 10)
      from evening, generate_series(1, 2) w
    union all
    select e, 103 + w, 'assignment-A' || e || 'W' || w, 1, 'TaskAssigned',
      jsonb_build_object('reservationId', ${id(2, 'e')}, 'foreignId', e::text, 'at', e + 10)
      from evening, generate_series(1, 2) w
  )
  select (row_number() over (order by e, step, stream))::bigint as n, stream, revision, type, data from each`;

export const EVENTS_AN_EVENING = 88;
