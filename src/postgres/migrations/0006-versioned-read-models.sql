-- Up Migration

-- Read models move into a schema for each projection and version. They are folded from the log again.
drop schema if exists read_models cascade;
drop table retainer.checkpoints;

-- How far each version of a projection has come, in the transaction of the tables it feeds.
create table retainer.checkpoints (
  projection text not null,
  version int not null,
  position text not null,
  -- When the event there was recorded, in milliseconds since 1970-01-01 UTC; null at the beginning of the log.
  recorded_at double precision,
  updated_at timestamptz not null default now(),
  -- An event that could not be applied: the projection stands still before it.
  stopped_position text,
  stopped_type text,
  stopped_error text,
  stopped_at timestamptz,
  primary key (projection, version)
);

-- Tables that are being made beside those in use, by their schema: how far they have come.
create table retainer.rebuilds (
  schema text primary key,
  position text not null,
  recorded_at double precision,
  started_at timestamptz not null default now()
);

-- Events that an operator let a projection pass over.
create table retainer.skipped_events (
  projection text not null,
  version int not null,
  position text not null,
  type text not null,
  error text not null,
  skipped_by text not null,
  skipped_at timestamptz not null default now(),
  primary key (projection, version, position)
);

-- Down Migration

drop table retainer.skipped_events;
drop table retainer.rebuilds;
drop table retainer.checkpoints;
create schema read_models;
create table retainer.checkpoints (
  projection text primary key,
  version int not null,
  position text not null,
  updated_at timestamptz not null default now()
);
