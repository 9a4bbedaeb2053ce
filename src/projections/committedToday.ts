import { feeOnReward } from '../domain/fees.ts';
import type { Instant } from '../domain/ids.ts';
import type { Queryable } from './projection.ts';

/**
 * US cents, fees included, that HITs posted since a moment bind on the marketplace's real side: every place while a HIT
 * is on the market or on its way there, afterwards the places that somebody took.
 */
export async function committedOnHits(db: Queryable, since: Instant): Promise<number> {
  const { rows } = await db.query<{ rewardCents: number; maxAssignments: number; places: number }>({
    name: 'hits.committed',
    text: `
      select (h.fields->>'rewardCents')::int as "rewardCents", h.max_assignments as "maxAssignments",
             sum(case when h.phase in ('requested', 'posted') and not h.expire_when_posted then h.max_assignments
                      else taken.places end)::int as places
      from hits h
      cross join lateral (
        select count(*) as places from tasks t
        where t.hit_id = h.hit_id and t.phase not in ('returned', 'abandoned')
      ) taken
      where h.requested_at >= $1 and not h.sandbox
      group by 1, 2`,
    values: [since],
  });
  return rows.reduce(
    (sum, { rewardCents, maxAssignments, places }) =>
      sum + places * (rewardCents + feeOnReward(rewardCents, maxAssignments)),
    0,
  );
}
