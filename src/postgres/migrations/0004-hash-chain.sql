-- Up Migration

/*
 * The log shows whether it is as it was written. Every event carries a hash over all that it says; every batch of
 * appends carries one over the batch before it and its events' hashes. `retainer verify` computes both anew.
 */

-- Nothing can stand for something else: free texts are counted, JSON holds no line breaks of its own.
-- Of: position, stream, revision, event_id, type, version, data, metadata, recorded_at.
create function event_store.hash_of(bigint, text, int, uuid, text, smallint, jsonb, jsonb, bigint)
returns bytea
language sql immutable
as $$
  select sha256(convert_to(
    $1 || E'\n' || $3 || E'\n' || $4 || E'\n' || $6 || E'\n' || $9 || E'\n'
      || length($2) || E'\n' || $2 || E'\n' || length($5) || E'\n' || $5 || E'\n'
      || $7::text || E'\n' || $8::text,
    'UTF8'))
$$;

create table event_store.batches (
  -- Of its last event.
  position bigint primary key,
  hash bytea not null
);

-- What the retention of presence has left of the events that it took away.
create table event_store.pruned (
  position bigint primary key,
  -- Empty for events that were taken away before hashes were kept.
  hash bytea not null,
  recorded_at bigint
);

alter table event_store.events add column hash bytea;
update event_store.events
set hash = event_store.hash_of(position, stream, revision, event_id, type, version, data, metadata, recorded_at);
alter table event_store.events alter column hash set not null;

insert into event_store.pruned (position, hash)
select n, '' from generate_series(1, (select coalesce(max(position), 0) from event_store.events)) n
where not exists (select from event_store.events where position = n);

-- A log that was there before is sealed in batches of ten thousand.
do $$
declare
  head bigint := (select coalesce(max(position), 0) from event_store.events);
  start bigint := 0;
  last bytea := '';
begin
  while start < head loop
    select sha256(last || string_agg(hash, '' order by position)) into last
    from (
      select position, hash from event_store.events
      union all select position, hash from event_store.pruned
    ) each
    where position > start and position <= start + 10000;
    start := least(start + 10000, head);
    insert into event_store.batches values (start, last);
  end loop;
end
$$;

create or replace function event_store.append(
  w_request int[], w_stream text[], w_expected int[],
  e_write int[], e_stream text[], e_nth int[],
  e_id uuid[], e_type text[], e_version smallint[], e_data jsonb, e_metadata jsonb, e_recorded_at bigint[],
  out head bigint, out refused_request int[], out refused_write int[], out refused_actual int[]
)
language plpgsql
set lock_timeout = '3s'
as $$
declare
  standing int[];
  last int;
  stored bigint;
  before bytea;
  hashes bytea;
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    raise exception 'event_store.append needs read committed, not %', current_setting('transaction_isolation');
  end if;
  perform pg_advisory_xact_lock(7305410911);
  -- Every commit leaves a batch, so the last batch ends at the last event.
  select b.position, b.hash into head, before from event_store.batches b order by b.position desc limit 1;
  if not found then
    head := 0;
    before := '';
  end if;

  -- One event alone needs no sets, and takes two thirds of the time without them.
  if cardinality(w_stream) = 1 and cardinality(e_id) = 1 then
    select coalesce(max(x.revision), -1) into last from event_store.events x where x.stream = w_stream[1];
    if w_expected[1] in (last, -2) or (w_expected[1] = -3 and last >= 0) then
      hashes := event_store.hash_of(head + 1, w_stream[1], last + 1, e_id[1], e_type[1], e_version[1],
                                    e_data -> 0, e_metadata -> 0, e_recorded_at[1]);
      insert into event_store.events
        (position, stream, revision, event_id, type, version, data, metadata, recorded_at, hash)
      values
        (head + 1, w_stream[1], last + 1, e_id[1], e_type[1], e_version[1], e_data -> 0, e_metadata -> 0,
         e_recorded_at[1], hashes);
      insert into event_store.batches values (head + 1, sha256(before || hashes));
      perform pg_notify('event_log', (head + 1)::text);
    else
      refused_request := w_request;
      refused_write := array[1];
      refused_actual := array[last];
    end if;
    return;
  end if;

  -- Where each write's stream stands.
  standing := array(
    select coalesce(l.revision, -1)
    from unnest(w_stream) with ordinality as w (stream, n)
    left join lateral (
      -- a look-up, never a join over the table: the cached plan of a join degrades as the log grows
      select e.revision from event_store.events e
      where e.stream = w.stream
      order by e.revision desc
      limit 1
    ) l on true
    order by w.n
  );

  select array_agg(r.request), array_agg(r.n), array_agg(r.actual)
  into refused_request, refused_write, refused_actual
  from (
    select distinct on (w.request) w.request, w.n, w.actual
    from unnest(w_request, w_expected, standing) with ordinality as w (request, expected, actual, n)
    where not (w.expected in (w.actual, -2) or (w.expected = -3 and w.actual >= 0))
    order by w.request, w.n
  ) r;
  if refused_request is not null then
    -- From here on null says: refused.
    standing := array(
      select case when w.request <> all (refused_request) then w.actual end
      from unnest(w_request, standing) with ordinality as w (request, actual, n)
      order by w.n
    );
  end if;

  with made as materialized (
    select
      head + row_number() over (order by e.n) as position, e.stream, standing[e.write] + e.nth as revision,
      e.id, e.type, e.version, e_data -> (e.n - 1)::int as data, e_metadata -> (e.n - 1)::int as metadata, e.recorded_at
    from unnest(e_write, e_stream, e_nth, e_id, e_type, e_version, e_recorded_at)
      with ordinality as e (write, stream, nth, id, type, version, recorded_at, n)
    where standing[e.write] is not null
  ), inserted as (
    insert into event_store.events
      (position, stream, revision, event_id, type, version, data, metadata, recorded_at, hash)
    select m.position, m.stream, m.revision, m.id, m.type, m.version, m.data, m.metadata, m.recorded_at,
      event_store.hash_of(m.position, m.stream, m.revision, m.id, m.type, m.version, m.data, m.metadata, m.recorded_at)
    from made m
    returning events.position, events.hash
  )
  select count(*), string_agg(i.hash, '' order by i.position) into stored, hashes from inserted i;

  if stored > 0 then
    insert into event_store.batches values (head + stored, sha256(before || hashes));
    perform pg_notify('event_log', (head + stored)::text);
  end if;
end
$$;

-- Down Migration

do $$ begin raise exception 'a log that is sealed stays so: restore a backup from before'; end $$;
