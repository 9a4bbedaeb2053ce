-- Up Migration

-- How often somebody tried to sign in lately, counted before a password is looked at: one row a name, an address, or
-- a name from an address. The count starts again when its time is over.
create table retainer.sign_in_tries (
  subject text primary key,
  tries int not null,
  since timestamptz not null default now()
);
create index sign_in_tries_by_age on retainer.sign_in_tries (since);

-- Nodes of the version before still write refused_sign_ins; it goes with a later one.

-- Down Migration

drop table retainer.sign_in_tries;
