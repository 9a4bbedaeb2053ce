-- Up Migration

-- From which address somebody signed in, so that they can tell their own sessions from others'.
alter table retainer.sessions add column from_address text not null default '';

-- Down Migration

alter table retainer.sessions drop column from_address;
