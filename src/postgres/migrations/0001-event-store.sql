-- Up Migration

create schema event_store;

create table event_store.events (
  -- Place in the whole log: from 1, without holes, in the order of commits.
  position bigint primary key,
  stream text not null,
  -- Place in the stream: from 0, without holes.
  revision int not null,
  event_id uuid not null,
  type text not null,
  -- Of the shape of data; older shapes are upcast when read.
  version smallint not null,
  data jsonb not null,
  metadata jsonb not null,
  -- Milliseconds since 1970-01-01 UTC.
  recorded_at bigint not null,
  constraint one_event_a_revision unique (stream, revision),
  constraint one_event_an_id unique (event_id)
);

-- What the retention of presence has taken away: count(*) + pruned = max(position) is the audit of the log.
create table event_store.retention (
  -- Everything up to here was looked at.
  through bigint not null,
  pruned bigint not null
);
insert into event_store.retention values (0, 0);

/*
 * Appends many requests in one statement and one commit. Each request is one or more writes to streams; it is
 * stored whole if all its streams stand where it expects them, and not at all otherwise; others are not affected.
 *
 * Expected revisions: n >= 0 that revision, -1 no stream, -2 anything, -3 some stream.
 * A stream may occur once in a call.
 *
 * The lock is what makes positions gapless and visible in order: Postgres shows a commit before it frees the
 * transaction's locks, so the next holder's max(position) counts it, and no reader can see a position without
 * every smaller one. It needs a fresh snapshot a statement, hence the check of the isolation level.
 *
 * Answers the last position before this call, and of each refused request one stream that stands elsewhere.
 */
create function event_store.append(
  w_request int[], w_stream text[], w_expected int[],
  e_write int[], e_id uuid[], e_type text[], e_version smallint[], e_data jsonb[], e_metadata jsonb[], e_recorded_at bigint[],
  out head bigint, out refused_request int[], out refused_write int[], out refused_actual int[]
)
language plpgsql as $$
declare
  stored bigint;
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    raise exception 'event_store.append needs read committed, not %', current_setting('transaction_isolation');
  end if;
  perform pg_advisory_xact_lock(7305410911);

  -- A lone append is one statement, and spares itself the joins: half of its time.
  if cardinality(w_stream) = 1 then
    insert into event_store.events
      (position, stream, revision, event_id, type, version, data, metadata, recorded_at)
    select log.head + e.n, w_stream[1], last.revision + e.n, e.id, e.type, e.version, e.data, e.metadata, e.recorded_at
    from
      (select coalesce(max(x.position), 0) as head from event_store.events x) log,
      (select coalesce(max(x.revision), -1) as revision from event_store.events x where x.stream = w_stream[1]) last,
      unnest(e_id, e_type, e_version, e_data, e_metadata, e_recorded_at)
        with ordinality as e (id, type, version, data, metadata, recorded_at, n)
    where case w_expected[1] when -2 then true when -3 then last.revision >= 0 else last.revision = w_expected[1] end;
    get diagnostics stored = row_count;
    if stored = cardinality(e_id) then
      head := (select max(x.position) from event_store.events x) - stored;
      perform pg_notify('event_log', (head + stored)::text);
    else
      refused_request := w_request;
      refused_write := array[1];
      refused_actual := array[(select coalesce(max(x.revision), -1) from event_store.events x where x.stream = w_stream[1])];
    end if;
    return;
  end if;

  select coalesce(max(x.position), 0) into head from event_store.events x;
  with write as materialized (
    select w.request, w.stream, w.expected, w.n, coalesce(last.revision, -1) as actual_revision
    from unnest(w_request, w_stream, w_expected) with ordinality as w (request, stream, expected, n)
    left join lateral (
      -- a look-up, never a join over the table: the cached plan of a join degrades as the log grows
      select e.revision from event_store.events e
      where e.stream = w.stream
      order by e.revision desc
      limit 1
    ) last on true
  ),
  refused as materialized (
    select distinct on (request) request, n, actual_revision
    from write
    where not case expected when -2 then true when -3 then actual_revision >= 0 else actual_revision = expected end
    order by request, n
  ),
  inserted as (
    insert into event_store.events
      (position, stream, revision, event_id, type, version, data, metadata, recorded_at)
    select
      head + row_number() over (order by e.n),
      w.stream,
      w.actual_revision + row_number() over (partition by e.write order by e.n),
      e.id, e.type, e.version, e.data, e.metadata, e.recorded_at
    from unnest(e_write, e_id, e_type, e_version, e_data, e_metadata, e_recorded_at)
      with ordinality as e (write, id, type, version, data, metadata, recorded_at, n)
    join write w on w.n = e.write
    where not exists (select from refused r where r.request = w.request)
    returning 1
  )
  select
    (select count(*) from inserted),
    (select array_agg(r.request order by r.request) from refused r),
    (select array_agg(r.n order by r.request) from refused r),
    (select array_agg(r.actual_revision order by r.request) from refused r)
  into stored, refused_request, refused_write, refused_actual;

  if stored > 0 then
    perform pg_notify('event_log', (head + stored)::text);
  end if;
end
$$;

-- Down Migration

drop schema event_store cascade;
