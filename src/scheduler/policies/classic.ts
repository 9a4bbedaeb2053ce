import type { Policy } from '../plan.ts';

/**
 * The original's rule (uid/realtime-turk, cron.py): each round, `hitsPerTick` more HITs for every open reservation for
 * which fewer people wait, among those whom it recruited, than it asked for. So it recruits from the moment a
 * reservation is made, whatever its `delay`; goes on after the invoke, when those who were called no longer wait, until
 * the reservation is finished or its time is up, invoked or not; and takes nothing off the market early. Of the original
 * it lacks only that the first reservation whose time was up ended the round for all after it.
 */
export const classic =
  ({ hitsPerTick, timeoutMinutes }: { hitsPerTick: number; timeoutMinutes: number }): Policy =>
  ({ needs, now }) => ({
    post: needs
      .filter(({ reservation: { expectedAt } }) => now <= expectedAt + timeoutMinutes * 60_000)
      .filter(({ recruited, reservation: { asked } }) => recruited < asked)
      .map(({ reservation: { reservationId, maxAssignments } }) => ({
        reservationId,
        hits: hitsPerTick,
        places: maxAssignments,
      })),
    expire: [],
  });
