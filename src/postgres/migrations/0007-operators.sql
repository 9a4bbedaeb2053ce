-- Up Migration

-- Who may sign in to the pages. The log knows that somebody was added or removed; passwords are here alone.
create table retainer.operators (
  name text primary key,
  -- argon2id, with its salt and parameters.
  password text not null,
  added_at timestamptz not null default now()
);

-- Who is signed in: a cookie holds a token, here is its hash.
create table retainer.sessions (
  token_hash bytea primary key,
  operator text not null references retainer.operators on delete cascade,
  -- What the pages' forms send back, so that another site's forms do nothing.
  csrf text not null,
  started_at timestamptz not null default now(),
  ends_at timestamptz not null
);
create index sessions_of_operator on retainer.sessions (operator);

-- Refused sign-ins, by name and by address: too many, and nobody may try for a while.
create table retainer.refused_sign_ins (
  subject text not null,
  refused_at timestamptz not null default now()
);
create index refused_sign_ins_by_subject on retainer.refused_sign_ins (subject, refused_at);

-- The one-time way in while there is no operator: the hash of the token in its link.
create table retainer.first_operator (
  singleton boolean primary key default true check (singleton),
  token_hash bytea not null,
  ends_at timestamptz not null
);

-- Down Migration

drop table retainer.first_operator;
drop table retainer.refused_sign_ins;
drop table retainer.sessions;
drop table retainer.operators;
