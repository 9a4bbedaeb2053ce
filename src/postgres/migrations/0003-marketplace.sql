-- Up Migration

-- The built-in MTurk-compatible marketplace. It is a stand-in for a foreign system: nothing outside it reads this.
create schema marketplace;

-- Ids follow from the seed and this sequence, so that a restart never gives one out twice.
create sequence marketplace.ids;

-- How far the marketplace's clock was driven ahead of the real one.
create table marketplace.clock (ahead_ms bigint not null);
insert into marketplace.clock values (0);

create table marketplace.requesters (
  requester text primary key,
  -- All that was ever paid in, in US cents.
  deposits bigint not null
);

create table marketplace.hit_types (
  hit_type_id text primary key,
  requester text not null,
  title text not null,
  description text not null,
  keywords text not null,
  reward_cents int not null,
  assignment_duration int not null,
  auto_approval_delay int not null,
  qualifications jsonb not null,
  -- Equal values are the same HIT type.
  fingerprint text not null,
  unique (requester, fingerprint)
);

create table marketplace.hits (
  hit_id text primary key,
  requester text not null,
  hit_type_id text not null references marketplace.hit_types,
  question text not null,
  max_assignments int not null,
  annotation text,
  created_at bigint not null,
  expires_at bigint not null,
  reviewing boolean not null default false,
  disposed boolean not null default false
);
create index hits_of_requester on marketplace.hits (requester, created_at, hit_id);
create index hits_by_expiry on marketplace.hits (expires_at);

-- Tokens make a repeated call the same call, for 24 hours.
create table marketplace.tokens (
  requester text not null,
  token text not null,
  result text not null,
  created_at bigint not null,
  primary key (requester, token)
);

create table marketplace.workers (
  worker_id text primary key,
  country text not null,
  -- Percentage of approved work.
  approval int not null
);

create table marketplace.assignments (
  assignment_id text primary key,
  hit_id text not null references marketplace.hits,
  worker_id text not null references marketplace.workers,
  status text not null check (status in ('accepted', 'returned', 'abandoned', 'submitted', 'approved', 'rejected')),
  accepted_at bigint not null,
  deadline bigint not null,
  submitted_at bigint,
  auto_approval_at bigint,
  reviewed_at bigint,
  -- As it was typed: jsonb would sort its fields.
  answer json,
  feedback text
);
create index assignments_of_hit on marketplace.assignments (hit_id);
create index assignments_of_worker on marketplace.assignments (worker_id, accepted_at);
create index assignments_held on marketplace.assignments (deadline) where status = 'accepted';
create index assignments_unreviewed on marketplace.assignments (auto_approval_at) where status = 'submitted';

-- Every payment, in US cents: what the worker got and what the marketplace kept.
create table marketplace.payments (
  payment_id bigint generated always as identity primary key,
  requester text not null,
  kind text not null check (kind in ('reward', 'bonus')),
  assignment_id text not null references marketplace.assignments,
  worker_id text not null,
  cents int not null,
  fee_cents int not null,
  reason text,
  paid_at bigint not null
);
create unique index one_reward_an_assignment on marketplace.payments (assignment_id) where kind = 'reward';
create index payments_of_requester on marketplace.payments (requester);
create index payments_of_worker on marketplace.payments (worker_id);

-- What the marketplace keeps of a reward: 20 %, at least one cent; 20 % more on HITs with ten or more assignments
-- (Mechanical Turk's pricing, 2015 to 2026).
create function marketplace.fee_on_reward(reward_cents int, max_assignments int)
returns int
language sql immutable
as $$
  select greatest(1, round(reward_cents * 0.2))::int
    + case when max_assignments >= 10 then round(reward_cents * 0.2)::int else 0 end
$$;

-- A HIT as it stands at a moment. What time alone brings about, marketplace/simulated/settle.ts has written before
-- anybody looks: assignments past their deadline are abandoned, work nobody reviewed is approved.
create function marketplace.hits_at(now_ms bigint)
returns table (
  hit_id text, requester text, hit_type_id text, question text, max_assignments int, annotation text,
  created_at bigint, expires_at bigint, reviewing boolean, title text, description text, keywords text,
  reward_cents int, assignment_duration int, auto_approval_delay int, qualifications jsonb,
  available int, pending int, submitted int, completed int, status text
)
language sql stable
as $$
  select
    h.hit_id, h.requester, h.hit_type_id, h.question, h.max_assignments, h.annotation,
    h.created_at, h.expires_at, h.reviewing, t.title, t.description, t.keywords,
    t.reward_cents, t.assignment_duration, t.auto_approval_delay, t.qualifications,
    h.max_assignments - a.pending - a.submitted - a.completed, a.pending, a.submitted, a.completed,
    case
      when h.disposed then 'Disposed'
      when a.submitted + a.completed >= h.max_assignments or (h.expires_at <= now_ms and a.pending = 0)
        then case when h.reviewing then 'Reviewing' else 'Reviewable' end
      when h.expires_at <= now_ms or a.pending + a.submitted + a.completed >= h.max_assignments then 'Unassignable'
      else 'Assignable'
    end
  from marketplace.hits h
  join marketplace.hit_types t using (hit_type_id)
  cross join lateral (
    select
      (count(*) filter (where x.status = 'accepted'))::int as pending,
      (count(*) filter (where x.status = 'submitted'))::int as submitted,
      (count(*) filter (where x.status in ('approved', 'rejected')))::int as completed
    from marketplace.assignments x
    where x.hit_id = h.hit_id
  ) a
$$;

-- Down Migration

drop schema marketplace cascade;
