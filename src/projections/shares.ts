import type { Instant, ReservationId } from '../domain/ids.ts';
import { needsOf } from '../domain/needs.ts';
import { demandNow } from './demand.ts';
import type { Queryable } from './projection.ts';
import type { ReservationRow } from './reservations.ts';
import { peopleWaiting } from './waitingPeople.ts';

/** Of the people who wait, those who would go to one reservation if it were invoked now, and how many it lacks besides. */
export type Share = { readonly waiting: number; readonly missing: number };

/** Looks at all open reservations of the same ProtoHITs: they share the same people, and nobody is counted for two. */
export async function sharesOf(
  db: Queryable,
  presence: { readonly now: Instant; readonly pingTimeoutMs: number },
  rows: readonly Pick<ReservationRow, 'protoHitId' | 'phase'>[],
): Promise<ReadonlyMap<ReservationId, Share>> {
  const open = rows.filter(({ phase }) => phase === 'made' || phase === 'invoked');
  const protoHitIds = [...new Set(open.map(({ protoHitId }) => protoHitId))];
  if (protoHitIds.length === 0) return new Map();
  const [demand, people] = await Promise.all([
    demandNow(db, protoHitIds),
    peopleWaiting(db, { ...presence, protoHitIds }),
  ]);
  const needs = needsOf(demand, people);
  return new Map(needs.map(({ reservation, waiting, missing }) => [reservation.reservationId, { waiting, missing }]));
}
