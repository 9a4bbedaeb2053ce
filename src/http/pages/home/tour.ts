import type { Instant, ProtoHitId, ReservationId } from '../../../domain/ids.ts';
import type { ReservationPhase } from '../../../domain/reservation.ts';
import type { Database } from '../../../postgres/pool.ts';
import { newestHitsPosted } from '../../../projections/hits.ts';
import { findProtoHitByHitType } from '../../../projections/protoHits.ts';
import { listReservations } from '../../../projections/reservationList.ts';
import { tasksOnHits } from '../../../projections/tasks.ts';
import { TOUR_HIT_TYPE } from './commands.ts';

/** The tour's steps, in order. */
export const STEPS = ['define', 'reserve', 'post', 'wait', 'invoke', 'called', 'paid', 'finish'] as const;
export type Step = (typeof STEPS)[number];

/** How far the tour is: what the read models say of its ProtoHIT's newest reservation. */
export type TourNow = {
  readonly protoHitId: ProtoHitId | null;
  readonly reservationId: ReservationId | null;
  readonly phase: ReservationPhase | null;
  /** HITs that are on the market for it, or were. */
  readonly posted: number;
  readonly waiting: number;
  readonly called: number;
  readonly atWork: number;
  readonly submitted: number;
  readonly paid: number;
  /** Seconds within which the scheduler does its round by itself; null where that is left to `retainer tick`. */
  readonly roundWithinSeconds: number | null;
  readonly done: Readonly<Record<Step, boolean>>;
};

const HITS_LOOKED_AT = 50;

export type TourDependencies = {
  readonly db: Database;
  readonly clock: () => Instant;
  readonly pingTimeoutMs: number;
  readonly schedulerIntervalSeconds: number;
};

export async function tourNow({
  db,
  clock,
  pingTimeoutMs,
  schedulerIntervalSeconds,
}: TourDependencies): Promise<TourNow> {
  const now = clock();
  const protoHit = await findProtoHitByHitType(db, TOUR_HIT_TYPE);
  if (protoHit === undefined) return seen({ protoHitId: null, ...NOTHING });
  const { protoHitId } = protoHit;
  const [[reservation], hits] = await Promise.all([
    listReservations(db, { limit: 1, protoHitId, now, pingTimeoutMs }),
    newestHitsPosted(db, { protoHitId, limit: HITS_LOOKED_AT }),
  ]);
  if (reservation === undefined) return seen({ protoHitId, ...NOTHING });
  const { reservationId, phase, madeAt, waiting, dispatched, responded } = reservation;
  const people = await tasksOnHits(
    db,
    hits.map(({ hitId }) => hitId),
  );
  const ours = [...people.values()].flat().filter((one) => one.reservationId === reservationId);
  const isOpen = (expiresAt: Instant | null): boolean => expiresAt !== null && expiresAt > now;
  return seen({
    protoHitId,
    reservationId,
    phase,
    posted: hits.filter(
      (hit) => hit.recruitedFor === reservationId || (hit.phase === 'posted' && isOpen(hit.expiresAt)),
    ).length,
    waiting,
    called: dispatched,
    atWork: responded,
    submitted: ours.filter((one) => ['submitted', 'approved', 'rejected'].includes(one.phase)).length,
    paid: ours.filter((one) => one.phase === 'approved').length,
    roundWithinSeconds:
      schedulerIntervalSeconds === 0 ? null : Math.max(0, Math.ceil((madeAt - now) / 1000 + schedulerIntervalSeconds)),
  });
}

const NOTHING = {
  ...{ reservationId: null, phase: null, posted: 0, waiting: 0, called: 0, atWork: 0, submitted: 0, paid: 0 },
  roundWithinSeconds: null,
} as const;

/** A step is done when what comes after it could not have happened otherwise. */
const seen = (now: Omit<TourNow, 'done'>): TourNow => ({
  ...now,
  done: {
    define: now.protoHitId !== null,
    reserve: now.reservationId !== null,
    post: now.posted > 0 || now.waiting > 0 || now.called > 0,
    wait: now.waiting > 0 || now.called > 0,
    invoke: now.phase === 'invoked' || now.called > 0,
    called: now.atWork > 0 || now.submitted > 0,
    paid: now.paid > 0,
    finish: now.phase === 'finished',
  },
});
