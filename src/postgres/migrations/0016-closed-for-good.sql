-- Up Migration

-- The service is closed for good once somebody was told how to come in: taking the last key or operator away must not
-- let everybody in. Keys are never deleted; operators are, so that the first of them is noted here.
create table retainer.closed (
  singleton boolean primary key default true check (singleton),
  closed_at timestamptz not null default now()
);
insert into retainer.closed (closed_at)
select now()
where exists (select from retainer.operators)
   or exists (select from retainer.api_key_secrets)
   or exists (select from event_store.events where stream >= 'operator-' and stream < 'operator.');

-- Down Migration

drop table retainer.closed;
