-- Up Migration

-- What an operator asked of the built-in marketplace: kept here, so that it holds on every node and over restarts.

-- What is to go wrong. Each change has a new version: from then on the counting begins anew.
create table marketplace.faults (version bigint not null, rules jsonb not null);
insert into marketplace.faults values (1, '[]');

-- How many simulated workers come. One node at a time sends them, and reports how many are about.
create table marketplace.crowd (
  -- Each order has a new number: the people of one order are not those of another.
  run int not null,
  -- Null: as the setting SIMULATED_WORKERS_PER_MINUTE says.
  rate_per_minute double precision,
  -- What the average worker waits for before leaving.
  patience_minutes double precision,
  -- Whether those who came by earlier orders may stay.
  keep_earlier boolean not null,
  about int not null,
  reported_at bigint not null
);
insert into marketplace.crowd values (1, null, null, true, 0, 0);

-- Down Migration

drop table marketplace.crowd;
drop table marketplace.faults;
