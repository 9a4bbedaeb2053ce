-- Up Migration

-- Why a read model last stood still, also when it goes on again.
alter table retainer.checkpoints add column last_error text, add column last_error_at timestamptz;

-- Down Migration

alter table retainer.checkpoints drop column last_error, drop column last_error_at;
