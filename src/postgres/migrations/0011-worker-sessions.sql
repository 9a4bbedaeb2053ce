-- Up Migration

-- What tokens of workers' pages are signed with, on every node; made by the first that needs it. It is in no log: whoever
-- may read the log must not be able to speak for a worker.
create table retainer.worker_secret (
  singleton boolean primary key default true check (singleton),
  secret bytea not null check (length(secret) >= 32)
);

-- Down Migration

drop table retainer.worker_secret;
