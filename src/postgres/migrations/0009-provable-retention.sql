-- Up Migration

/*
 * Retention takes away pings and nothing else. What it leaves of an event has to prove that it was a ping, and when it
 * was recorded; otherwise who deletes a payment could call it pruned. So a ping's hash is made in two steps: a digest of
 * all that it says, then a hash of its category, when it was recorded, and the digest. Retention leaves the time and the
 * digest, and the hash follows from them. No other event's hash can be had in this way: what is hashed of others begins
 * with a digit.
 *
 * The functions are stable, not immutable, because concat_ws is: only so does Postgres inline them. Measured an event:
 * 2.5 us, and 3.0 us for a ping, where the same text put together with || in a function called immutable took 6.7 us.
 * They are replaced, never renamed: sessions that append right now keep their place in the function by its identity.
 */
create function event_store.digest_of(bigint, text, int, uuid, text, smallint, jsonb, jsonb, bigint)
returns bytea
language sql stable
as $$
  select sha256(convert_to(concat_ws(E'\n', $1, $3, $4, $6, $9, length($2), $2, length($5), $5, $7, $8), 'UTF8'))
$$;

create or replace function event_store.hash_of(bigint, text, int, uuid, text, smallint, jsonb, jsonb, bigint)
returns bytea
language sql stable
as $$
  select case when starts_with($2, 'presence-')
    then sha256(convert_to(concat_ws(E'\n', 'presence', $9, ''), 'UTF8') ||
                   event_store.digest_of($1, $2, $3, $4, $5, $6, $7, $8, $9))
    else event_store.digest_of($1, $2, $3, $4, $5, $6, $7, $8, $9)
  end
$$;

-- Nobody appends while the chain is made anew.
select pg_advisory_xact_lock(7305410911);

-- What was left so far proves nothing: it counts as taken away before digests were kept. A node of the version before
-- stops pruning at the new name, and goes on with all else.
alter table event_store.pruned rename column hash to digest;
update event_store.pruned set digest = '';

update event_store.events
set hash = event_store.hash_of(position, stream, revision, event_id, type, version, data, metadata, recorded_at)
where starts_with(stream, 'presence-');

-- The chain anew, in batches of ten thousand: checkpoints of before do not fit it.
do $$
declare
  head bigint := (select coalesce(max(position), 0) from event_store.events);
  start bigint := 0;
  last bytea := '';
begin
  delete from event_store.batches;
  while start < head loop
    select sha256(last || coalesce(string_agg(hash, '' order by position), '')) into last
    from event_store.events
    where position > start and position <= start + 10000;
    start := least(start + 10000, head);
    insert into event_store.batches values (start, last);
  end loop;
end
$$;

-- Down Migration

do $$ begin raise exception 'a log that is sealed stays so: restore a backup from before'; end $$;
