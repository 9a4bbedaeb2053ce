-- Up Migration

-- Which log the read models were folded from. Those of one log must never be mixed with another.
create table retainer.log (
  singleton boolean primary key default true check (singleton),
  log_id uuid not null
);

-- Down Migration

drop table retainer.log;
