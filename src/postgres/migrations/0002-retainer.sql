-- Up Migration

create schema if not exists retainer;
create schema if not exists read_models;

-- How far each projection has come, in the transaction of the tables it feeds.
create table retainer.checkpoints (
  projection text primary key,
  version int not null,
  position text not null,
  updated_at timestamptz not null default now()
);

-- The first answer to a request that carried an Idempotency-Key; status is null while it is being worked out.
create table retainer.idempotency_keys (
  scope text not null,
  key text not null,
  fingerprint text not null,
  status int,
  content_type text,
  body text,
  started_at timestamptz not null,
  primary key (scope, key)
);
create index idempotency_keys_by_age on retainer.idempotency_keys (started_at);

-- Who may enter. The log knows that a key was issued or revoked; only this table can tell a key from a guess.
create table retainer.api_key_secrets (
  api_key_id uuid primary key,
  label text not null,
  hash bytea not null unique,
  issued_at timestamptz not null,
  revoked_at timestamptz
);

-- Down Migration

drop table retainer.api_key_secrets;
drop table retainer.idempotency_keys;
drop table retainer.checkpoints;
