import type { Instant } from '../domain/ids.ts';
import type { Queryable } from './projection.ts';

/** How things were over a stretch of time, in steps of equal length. Times in milliseconds since 1970. */
export type Plots = {
  readonly steps: readonly {
    /** End of the step. */
    readonly at: Instant;
    /** Workers who waited then, and workers that open reservations asked for. */
    readonly waiting: number;
    readonly asked: number;
    /** Workers who came, and who left without work, within the step. */
    readonly arrived: number;
    readonly left: number;
    readonly hitsOnMarket: number;
    /** US dollars approved to workers within the step, without the marketplace's fees. */
    readonly dollars: number;
  }[];
  /** From a reservation's invoke until a worker was called, and until they were seen at work. */
  readonly told: Latency;
  readonly responded: Latency;
  readonly dollarsInTotal: number;
};

/** In seconds. `counts`: how many took up to each of `BOUNDS`, but longer than the one before; the last are longer. */
export type Latency = {
  readonly p50: number | null;
  readonly p95: number | null;
  readonly counts: readonly number[];
};

export const BOUNDS = [0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30] as const;

type Step = Plots['steps'][number];

/** The last `minutes` up to `now`, in `steps` steps. Costs what happened then, by indexes on the times. */
export async function plots(
  db: Queryable,
  { now, minutes, steps }: { now: Instant; minutes: number; steps: number },
): Promise<Plots> {
  const from = now - minutes * 60_000;
  const [series, latencies, total] = await Promise.all([
    db.query<Step>(
      `with step as (
         select n, $1::float8 + ($2::float8 - $1) * n / $3 as at, $1::float8 + ($2::float8 - $1) * (n - 1) / $3 as after
         from generate_series(1, $3::int) n
       ), wait as (
         select waiting_since as since, least(called_at, ended_at) as until, called_at from tasks
         where waiting_since <= $2 and (coalesce(ended_at, called_at) is null or coalesce(ended_at, called_at) > $1)
       ), open as (
         select made_at, closed_at, num_assignments from reservations
         where made_at <= $2 and (closed_at is null or closed_at > $1)
       ), market as (
         select posted_at as since, least(expire_requested_at, expires_at) as until from hits
         where posted_at <= $2 and least(expire_requested_at, expires_at) > $1
       ), paid as (
         select t.approved_at as at, (h.fields ->> 'rewardCents')::float8 / 100 as dollars
         from tasks t join hits h on h.hit_id = t.hit_id
         where t.approved_at > $1 and t.approved_at <= $2
       )
       select step.at,
         (select count(*)::int from wait w where w.since <= step.at and (w.until is null or w.until > step.at)) as waiting,
         (select coalesce(sum(num_assignments), 0)::int from open o
          where o.made_at <= step.at and (o.closed_at is null or o.closed_at > step.at)) as asked,
         (select count(*)::int from wait w where w.since > step.after and w.since <= step.at) as arrived,
         (select count(*)::int from wait w
          where w.until > step.after and w.until <= step.at and w.called_at is distinct from w.until) as left,
         (select count(*)::int from market m where m.since <= step.at and m.until > step.at) as "hitsOnMarket",
         (select coalesce(sum(dollars), 0) from paid p where p.at > step.after and p.at <= step.at) as dollars
       from step
       order by step.n`,
      [from, now, steps],
    ),
    db.query<{ kind: 'told' | 'responded' } & Latency>(
      `with took as (
         select greatest(0, t.called_at - greatest(r.invoked_at, t.waiting_since)) / 1000 as told,
                greatest(0, t.responded_at - greatest(r.invoked_at, t.waiting_since)) / 1000 as responded
         from tasks t join reservations r on r.reservation_id = t.reservation_id
         where t.called_at > $1 and t.called_at <= $2
       ), each as (
         select 'told' as kind, told as seconds from took where told is not null
         union all select 'responded', responded from took where responded is not null
       ), bucket as (
         select kind, width_bucket(seconds, $3::float8[]) as n, count(*)::int as many from each group by kind, n
       )
       select kind,
         percentile_cont(0.5) within group (order by seconds) as p50,
         percentile_cont(0.95) within group (order by seconds) as p95,
         (select array_agg(coalesce(b.many, 0) order by place)
          from generate_series(0, $4::int) place left join bucket b on b.n = place and b.kind = each.kind) as counts
       from each group by kind`,
      [from, now, BOUNDS, BOUNDS.length],
    ),
    db.query<{ dollars: number }>(
      `select coalesce(sum((h.fields ->> 'rewardCents')::float8), 0) / 100 as dollars
       from tasks t join hits h on h.hit_id = t.hit_id
       where t.approved_at is not null`,
    ),
  ]);
  const latency = (kind: 'told' | 'responded'): Latency => {
    const found = latencies.rows.find((row) => row.kind === kind);
    return found
      ? { p50: found.p50, p95: found.p95, counts: found.counts }
      : { p50: null, p95: null, counts: [...BOUNDS, 0].map(() => 0) };
  };
  return {
    steps: series.rows,
    told: latency('told'),
    responded: latency('responded'),
    dollarsInTotal: total.rows[0]?.dollars ?? 0,
  };
}
