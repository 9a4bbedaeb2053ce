import type { Instant } from '../domain/ids.ts';
import { PLACES_OPEN } from './marketPlaces.ts';
import type { Queryable } from './projection.ts';

/** How things were in one of several steps of equal length. Times in milliseconds since 1970. */
export type Step = {
  /** End of the step. */
  readonly at: Instant;
  /** People who waited then and reacted. */
  readonly waiting: number;
  /** The most who waited at once within the step. */
  readonly mostWaiting: number;
  /** Slots of open reservations that nobody held: still to be dispatched; of these, slots of invoked reservations. */
  readonly missing: number;
  readonly missingNow: number;
  /** People who came, who were called, and who left without work, within the step. */
  readonly arrived: number;
  readonly called: number;
  readonly left: number;
  /** Places on the market that nobody had accepted, as far as is known. */
  readonly placesOpen: number;
  /** US dollars approved to workers within the step, bonuses too, without the marketplace's fees; of the sandbox it is play money. */
  readonly dollars: number;
  readonly sandboxDollars: number;
};

/**
 * The last `minutes` up to `now`, in `steps` steps. Every beginning and end of a wait, a reservation or a HIT is a change
 * in one step, and sums of changes are how things stood: it costs what happened then, found by indexes on the times.
 */
export async function stepsOf(
  db: Queryable,
  { now, minutes, steps }: { now: Instant; minutes: number; steps: number },
): Promise<readonly Step[]> {
  const lengthMs = (minutes * 60_000) / steps;
  const { rows } = await db.query<Step>(
    `with wait as (
       select assignment_id, worker_id, waiting_since as since, least(called_at, ended_at) as until, called_at from tasks
       where waiting_since <= $2 and (coalesce(ended_at, called_at) is null or coalesce(ended_at, called_at) > $1)
         and coalesce(least(called_at, ended_at), $2 + 1) > $1
     ), stay as (
       -- People, not assignments: who waits with two at a time waits once. Both ends belong to it, so that none is empty.
       select worker_id, lower(stretch) as since, upper(stretch) - 1 as until
       from (
         select worker_id, unnest(range_agg(int8range(since::int8, (${notBefore('since', 'until')})::int8, '[]'))) as stretch
         from wait group by worker_id
       ) merged
     ), ready as (
       -- Who does not react with any of their pages is there, but does not wait.
       select lower(stretch) as since, upper(stretch) as until
       from (
         select unnest(range_agg(awake)) as stretch
         from (
           select w.worker_id, unnest(
             int8multirange(int8range(w.since::int8, (${notBefore('w.since', 'w.until')})::int8)) - coalesce((
               select range_agg(int8range(p.since::int8, (${notBefore('p.since', 'p.until')})::int8))
               from pauses cross join lateral jsonb_to_recordset(pauses.pauses) as p (since float8, until float8)
               where pauses.assignment_id = w.assignment_id
             ), '{}')
           ) as awake
           from wait w
         ) parts
         group by worker_id
       ) merged
     ), open as (
       select reservation_id, made_at, invoked_at, closed_at, num_assignments, dispatched from reservations
       where made_at <= $2 and (closed_at is null or closed_at > $1)
     ), call as (
       -- Those that hold their slot still: one that was given to somebody else was filled by the other.
       select o.reservation_id, t.called_at
       from tasks t join open o on o.reservation_id = t.reservation_id
       where t.called_at > $1 and t.called_at <= $2 and t.holds_slot
         and (o.closed_at is null or t.called_at <= o.closed_at)
     ), want as (
       select o.made_at, o.invoked_at, o.closed_at, c.many as called,
              o.num_assignments - greatest(0, o.dispatched - c.many) as many
       from open o
       cross join lateral (select count(*) as many from call where reservation_id = o.reservation_id) c
     ), hit as (
       select h.hit_id, h.posted_at as since, least(h.left_at, h.expires_at) as until, h.listed_at,
              h.max_assignments as places, ${PLACES_OPEN} as open
       from hits h
       where h.posted_at <= $2 and h.expires_at > $1
     ), taking as (
       select h.hit_id, greatest(t.arrived_at, h.since) as at
       from hit h join tasks t using (hit_id)
       where t.arrived_at < least(h.until, $2 + 1)
     ), market (at, many) as (
       select since, places from hit
       union all select at, -1 from taking
       -- What the marketplace said otherwise than who came: accepted and not here, or given back.
       union all
       select greatest(h.since, least(h.listed_at, h.until, $2)), h.open - h.places + came.many
       from hit h
       cross join lateral (select count(*)::int as many from taking where hit_id = h.hit_id) came
       union all select until, -open from hit where until <= $2
     ), change (at, waiting, missing, missing_now, arrived, called, left_, places, dollars, sandbox_dollars) as (
       select since, 1, 0, 0, 0, 0, 0, 0, 0, 0 from ready where since <= $2
       union all select until, -1, 0, 0, 0, 0, 0, 0, 0, 0 from ready where until <= $2
       union all select since, 0, 0, 0, 1, 0, 0, 0, 0, 0 from stay
       union all select until, 0, 0, 0, 0, 1, 0, 0, 0, 0 from wait where until = called_at and until <= $2
       union all
       select until, 0, 0, 0, 0, 0, 1, 0, 0, 0 from stay s
       where until <= $2 and not exists (
         select from wait w where w.worker_id = s.worker_id and w.until::int8 = s.until and w.until = w.called_at
       )
       union all select made_at, 0, many, 0, 0, 0, 0, 0, 0, 0 from want
       union all select invoked_at, 0, 0, many, 0, 0, 0, 0, 0, 0 from want where invoked_at <= $2
       union all
       select closed_at, 0, called - many, case when invoked_at is null then 0 else called - many end, 0, 0, 0, 0, 0, 0
       from want where closed_at <= $2
       union all select called_at, 0, -1, -1, 0, 0, 0, 0, 0, 0 from call
       union all select at, 0, 0, 0, 0, 0, 0, many, 0, 0 from market
       union all
       select t.approved_at, 0, 0, 0, 0, 0, 0, 0,
              case when h.sandbox then 0 else (h.fields ->> 'rewardCents')::float8 / 100 end,
              case when h.sandbox then (h.fields ->> 'rewardCents')::float8 / 100 else 0 end
       from tasks t join hits h on h.hit_id = t.hit_id
       where t.approved_at > $1 and t.approved_at <= $2
       union all
       select b.paid_at, 0, 0, 0, 0, 0, 0, 0,
              case when h.sandbox then 0 else b.amount_cents::float8 / 100 end,
              case when h.sandbox then b.amount_cents::float8 / 100 else 0 end
       from bonuses b join tasks t using (assignment_id) join hits h on h.hit_id = t.hit_id
       where b.paid_at > $1 and b.paid_at <= $2
     ), step as (
       -- Step 0 is how things stood when the first one began.
       select greatest(0, ceil((at - $1) / $4))::int as n, sum(waiting) as waiting, sum(missing) as missing,
              sum(missing_now) as missing_now, sum(arrived) as arrived, sum(called) as called, sum(left_) as left_,
              sum(places) as places,
              sum(dollars) as dollars, sum(sandbox_dollars) as sandbox_dollars
       from change group by n
     ), moment as (
       select at, sum(sum(waiting)) over (order by at) as waiting from change group by at
     ), peak as (
       select ceil((at - $1) / $4)::int as n, max(waiting)::int as waiting from moment where at > $1 group by n
     ), added as (
       select n, $1::float8 + $4::float8 * n as at,
              coalesce(sum(step.waiting) over so_far, 0)::int as waiting,
              greatest(0, coalesce(sum(missing) over so_far, 0))::int as missing,
              greatest(0, coalesce(sum(missing_now) over so_far, 0))::int as "missingNow",
              coalesce(arrived, 0)::int as arrived, coalesce(called, 0)::int as called, coalesce(left_, 0)::int as "left",
              greatest(0, coalesce(sum(places) over so_far, 0))::int as "placesOpen",
              coalesce(dollars, 0) as dollars, coalesce(sandbox_dollars, 0) as "sandboxDollars"
       from generate_series(0, $3::int) n left join step using (n)
       window so_far as (order by n)
     )
     select at, added.waiting, greatest(lag(added.waiting) over (order by n), added.waiting, peak.waiting) as "mostWaiting",
            missing, "missingNow", arrived, called, "left", "placesOpen", dollars, "sandboxDollars"
     from added left join peak using (n)
     order by n
     offset 1`,
    [now - minutes * 60_000, now, steps, lengthMs],
  );
  return rows;
}

/** Clocks of two nodes may disagree, and a range may not end before it begins. Null, for what goes on, stays null. */
const notBefore = (since: string, until: string): string =>
  `case when ${until} < ${since} then ${since} else ${until} end`;

/** US dollars approved since the beginning, and bonuses paid, by the marketplace's side. Reads every approval: do not ask it often. */
export async function dollarsInTotal(db: Queryable): Promise<{ readonly real: number; readonly sandbox: number }> {
  const { rows } = await db.query<{ real: number; sandbox: number }>(
    `select coalesce(sum(many * cents) filter (where not sandbox), 0)::float8 / 100 as real,
            coalesce(sum(many * cents) filter (where sandbox), 0)::float8 / 100 as sandbox
     from (
       select t.many, h.cents, h.sandbox
       from (select hit_id, count(*) as many from tasks where approved_at is not null group by hit_id) t
       join (select hit_id, sandbox, (fields ->> 'rewardCents')::int as cents from hits) h using (hit_id)
       union all
       select 1, b.amount_cents, h.sandbox
       from bonuses b join tasks t using (assignment_id) join hits h on h.hit_id = t.hit_id
       where b.paid_at is not null
     ) payments`,
  );
  return rows[0] ?? { real: 0, sandbox: 0 };
}
