-- Up Migration

create schema event_store;

create table event_store.events (
  -- Place in the whole log: from 1, without holes, in the order of commits.
  position bigint primary key,
  -- Compared byte by byte: nobody sorts streams for people, and a language's rules cost time.
  stream text collate "C" not null,
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
 * A stream may occur once in a call. Of each event: its write (from 1), its stream, its place in the write (from 1).
 *
 * The lock is what makes positions gapless and visible in order: Postgres shows a commit before it frees the
 * transaction's locks, so the next holder's max(position) counts it, and no reader can see a position without
 * every smaller one. It needs a fresh snapshot a statement, hence the check of the isolation level.
 *
 * Answers the last position before this call, and of each refused request one stream that stands elsewhere.
 *
 * Measured at 256 requests a call: data and metadata as one JSON array each, streams named by every event and no
 * sort took 2.9 ms where arrays of JSON texts, a join of events to writes and sorted windows took 4.0 ms.
 */
create function event_store.append(
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
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    raise exception 'event_store.append needs read committed, not %', current_setting('transaction_isolation');
  end if;
  perform pg_advisory_xact_lock(7305410911);
  select coalesce(max(x.position), 0) into head from event_store.events x;

  -- One event alone needs no sets, and takes two thirds of the time without them.
  if cardinality(w_stream) = 1 and cardinality(e_id) = 1 then
    select coalesce(max(x.revision), -1) into last from event_store.events x where x.stream = w_stream[1];
    if w_expected[1] in (last, -2) or (w_expected[1] = -3 and last >= 0) then
      insert into event_store.events
        (position, stream, revision, event_id, type, version, data, metadata, recorded_at)
      values
        (head + 1, w_stream[1], last + 1, e_id[1], e_type[1], e_version[1], e_data -> 0, e_metadata -> 0, e_recorded_at[1]);
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

  insert into event_store.events
    (position, stream, revision, event_id, type, version, data, metadata, recorded_at)
  select
    head + row_number() over (order by e.n), e.stream, standing[e.write] + e.nth,
    e.id, e.type, e.version, e_data -> (e.n - 1)::int, e_metadata -> (e.n - 1)::int, e.recorded_at
  from unnest(e_write, e_stream, e_nth, e_id, e_type, e_version, e_recorded_at)
    with ordinality as e (write, stream, nth, id, type, version, recorded_at, n)
  where standing[e.write] is not null;
  get diagnostics stored = row_count;

  if stored > 0 then
    perform pg_notify('event_log', (head + stored)::text);
  end if;
end
$$;

-- Down Migration

drop schema event_store cascade;
