-- Up Migration

-- Whom a requester keeps from their HITs on the built-in marketplace.
create table marketplace.worker_blocks (
  requester text not null,
  worker_id text not null,
  reason text not null,
  blocked_at bigint not null,
  primary key (requester, worker_id)
);

-- Down Migration

drop table marketplace.worker_blocks;
