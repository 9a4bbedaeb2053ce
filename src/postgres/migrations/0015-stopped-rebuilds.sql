-- Up Migration

-- Before which event a rebuild stands still: one that the tables in use have passed, so that they do not.
alter table retainer.rebuilds
  add column stopped_position text, add column stopped_type text, add column stopped_error text;

-- Down Migration

alter table retainer.rebuilds drop column stopped_position, drop column stopped_type, drop column stopped_error;
