import type { Instant } from '../domain/ids.ts';
import type { Queryable } from './projection.ts';

/** In seconds. `counts`: how many took up to each of `BOUNDS`, but longer than the one before; the last are longer. */
export type Latency = {
  readonly p50: number | null;
  readonly p95: number | null;
  readonly counts: readonly number[];
};

/** In seconds. */
export const BOUNDS = [0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30] as const;

/**
 * Of the workers who were called from `from` to `now`: how long after the invoke their page rang (`told`), of those
 * whose page says so; and how long after it they were seen at work. After their arrival, if that was later than the
 * invoke. When they were called would say nothing: one append has both, with one time.
 */
export async function callLatency(
  db: Queryable,
  { from, now }: { from: Instant; now: Instant },
): Promise<{ readonly told: Latency; readonly responded: Latency }> {
  const { rows } = await db.query<{ kind: 'told' | 'responded' } & Latency>(
    // What is not known is left out before greatest(), for which the greater of 0 and null is 0.
    `with called as (
       select greatest(r.invoked_at, t.waiting_since) as since, t.rang_at, t.responded_at
       from tasks t join reservations r on r.reservation_id = t.reservation_id
       where t.called_at > $1 and t.called_at <= $2
     ), each as (
       select 'told' as kind, greatest(0, rang_at - since) / 1000 as seconds from called where rang_at is not null
       union all
       select 'responded', greatest(0, responded_at - since) / 1000 from called where responded_at is not null
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
  );
  const latency = (kind: 'told' | 'responded'): Latency => {
    const found = rows.find((row) => row.kind === kind);
    return found
      ? { p50: found.p50, p95: found.p95, counts: found.counts }
      : { p50: null, p95: null, counts: [...BOUNDS, 0].map(() => 0) };
  };
  return { told: latency('told'), responded: latency('responded') };
}
