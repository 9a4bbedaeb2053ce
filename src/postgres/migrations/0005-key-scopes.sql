-- Up Migration

-- What a key opens. Keys from before could do all there was.
alter table retainer.api_key_secrets
  add column scopes text[] not null default '{commands,read,audit}',
  -- Null: every ProtoHIT.
  add column proto_hit_id uuid;
alter table retainer.api_key_secrets alter column scopes drop default;

-- Down Migration

alter table retainer.api_key_secrets drop column proto_hit_id, drop column scopes;
