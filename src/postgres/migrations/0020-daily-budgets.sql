-- Up Migration

-- What was committed a day on the marketplace's real side, against the ceilings of keys and of the installation. An
-- entry names what it is for, so that a repeated command counts once.
create table retainer.daily_spending (
  day date not null,
  subject text not null,
  entry text not null,
  cents bigint not null,
  primary key (day, subject, entry)
);

-- US cents that a key may commit a day; null: as much as the installation.
alter table retainer.api_key_secrets add column daily_budget_cents int;

-- Down Migration

alter table retainer.api_key_secrets drop column daily_budget_cents;
drop table retainer.daily_spending;
