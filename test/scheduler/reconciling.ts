import type { HitId } from '../../src/domain/ids.ts';
import { hitsByIds } from '../../src/projections/hits.ts';
import { tasksOf } from '../../src/projections/tasks.ts';
import { openHouse, SECOND, type Worker } from './house.ts';

export const MINUTE = 60 * SECOND;

/** A house and a scheduler, and what looking at the marketplace's lists takes and leads to. */
export async function openReconciling() {
  const house = await openHouse();
  const scheduler = house.newScheduler();
  return {
    house,
    scheduler,
    posted: async (asked = 1) => {
      const protoHitId = await house.defineProtoHit();
      const reservationId = await house.reserve(protoHitId, asked);
      await scheduler.decide();
      await scheduler.post();
      await house.settle();
      const [first, second, third] = house.market.hits();
      if (!first || !second || !third) throw new Error('three HITs were expected');
      return { protoHitId, reservationId, first, second, third };
    },
    reconcile: async (by = scheduler) => {
      await house.settle();
      await by.reconcile();
      await house.settle();
    },
    phaseOfHit: async (hitId: HitId | null) =>
      hitId === null ? undefined : (await hitsByIds(house.db, [hitId])).get(hitId)?.phase,
    phaseOf: async ({ assignmentId }: Worker) => (await tasksOf(house.db, [assignmentId])).get(assignmentId)?.phase,
  };
}
export type Reconciling = Awaited<ReturnType<typeof openReconciling>>;
