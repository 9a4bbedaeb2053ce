import type { Instant } from '../../domain/ids.ts';
import type { Database } from '../../postgres/pool.ts';

type Queries = Pick<Database, 'query'>;

/** What an operator asked for: who is to come, and what becomes of those who are here. */
export type CrowdOrder = {
  /** Each order has its own number. */
  readonly run: number;
  /** Null: as many as the setting says. */
  readonly ratePerMinute: number | null;
  /** What the average worker waits for; null: as in the study that behaviour.ts names. */
  readonly patienceMinutes: number | null;
  readonly keepsEarlier: boolean;
};

export type Crowd = CrowdOrder & {
  /** How many are about, as the node that sends them said last; 0 if it has not been heard of lately. */
  readonly about: number;
};

const LATELY_MS = 5_000;

export async function readCrowd(db: Queries, now: Instant): Promise<Crowd> {
  const { rows } = await db.query<Crowd>(
    `select run, rate_per_minute as "ratePerMinute", patience_minutes as "patienceMinutes",
            keep_earlier as "keepsEarlier", case when reported_at > $1 then about else 0 end as about
     from marketplace.crowd`,
    [now - LATELY_MS],
  );
  return rows[0] ?? { run: 0, ratePerMinute: null, patienceMinutes: null, keepsEarlier: true, about: 0 };
}

export async function orderCrowd(db: Queries, order: Omit<CrowdOrder, 'run'>): Promise<void> {
  await db.query(
    `update marketplace.crowd
     set run = run + 1, rate_per_minute = $1, patience_minutes = $2, keep_earlier = $3`,
    [order.ratePerMinute, order.patienceMinutes, order.keepsEarlier],
  );
}

export async function reportCrowd(db: Queries, { about, now }: { about: number; now: Instant }): Promise<void> {
  await db.query('update marketplace.crowd set about = $1, reported_at = $2', [about, now]);
}
