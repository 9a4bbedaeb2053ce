-- Up Migration

-- Calls that a marketplace did not answer to of late, as whichever node made them found: the row goes with the next
-- answer. Nothing is decided by it; it is for people.
create table retainer.marketplace_faults (
  side text not null,
  call text not null,
  code text not null,
  message text not null,
  since timestamptz not null,
  last_at timestamptz not null,
  primary key (side, call)
);

-- Down Migration

drop table retainer.marketplace_faults;
