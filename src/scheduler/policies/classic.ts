import type { Policy } from '../plan.ts';

/**
 * The original's policy (uid/realtime-turk, cron.py): every tick, `hitsPerTick` more HITs for each
 * reservation that has fewer workers than it asked for. It recruits from the moment a reservation is made,
 * whatever its `delay`, and takes nothing off the market early. Fresh HITs each tick also keep the listing
 * near the top, where workers look (Chilton et al. 2010).
 */
export const classic =
  ({ hitsPerTick }: { hitsPerTick: number }): Policy =>
  ({ needs }) => ({
    post: needs
      .filter(({ missing }) => missing > 0)
      .map(({ reservation: { reservationId } }) => ({ reservationId, hits: hitsPerTick })),
    expire: [],
  });
