import type { Instant } from '../../domain/ids.ts';
import type { Database } from '../../postgres/pool.ts';

/** The marketplace's own clock: the real one, and as far ahead as it was driven. */
export type DrivenClock = {
  readonly now: () => Promise<Instant>;
  readonly advance: (seconds: number) => Promise<Instant>;
};

/** How far it was driven is kept, so that a restart does not turn time back. */
export const drivenClock = (db: Database, clock: () => Instant): DrivenClock => ({
  now: async () => {
    const { rows } = await db.query<{ ahead_ms: string }>('select ahead_ms from marketplace.clock');
    return clock() + Number(rows[0]?.ahead_ms ?? 0);
  },
  advance: async (seconds) => {
    const { rows } = await db.query<{ ahead_ms: string }>(
      'update marketplace.clock set ahead_ms = ahead_ms + $1 returning ahead_ms',
      [Math.round(seconds * 1000)],
    );
    return clock() + Number(rows[0]?.ahead_ms ?? 0);
  },
});
