import type { Refused } from '../../domain/decision.ts';
import { costOf, feeOnBonus } from '../../domain/fees.ts';
import type { AssignmentId, BonusId, Instant, ReservationId } from '../../domain/ids.ts';
import type { ProtoHit } from '../../domain/protoHit.ts';
import { committedOnHits } from '../../projections/committedToday.ts';
import type { Context, Dependencies } from '../context.ts';
import { type Ceiling, commitSpending, EVERYBODY, startOfDay } from './dailySpending.ts';

/**
 * Commits what a reservation costs at least (its people's rewards and fees) against the day's budget of the key that
 * makes it. Play costs nothing, and whoever has no budget of their own is held by the installation's, which the
 * scheduler keeps when it posts.
 */
export async function commitReservation(
  { db }: Pick<Dependencies, 'db'>,
  context: Context,
  protoHit: ProtoHit,
  { reservationId, numAssignments, at }: { reservationId: ReservationId; numAssignments: number; at: Instant },
): Promise<Refused | null> {
  if (protoHit.phase === 'none' || protoHit.sandbox) return null;
  const { inTotalCents: cents } = costOf(protoHit.fields, { workers: numAssignments, waitSeconds: 1 });
  return commitSpending(db, { at, entry: `reservation ${reservationId}`, cents, ceilings: ceilingsOfKey(context) });
}

/** Commits a bonus and its fee against the day's budgets of the key that grants it and of the installation. */
export async function commitBonus(
  { db, clock, settings }: Pick<Dependencies, 'db' | 'clock' | 'settings'>,
  context: Context,
  { assignmentId, bonusId, amountCents }: { assignmentId: AssignmentId; bonusId: BonusId; amountCents: number },
): Promise<Refused | null> {
  const at = clock();
  if (await isPlay(db, assignmentId)) return null;
  const everybody: Ceiling = {
    subject: EVERYBODY,
    mostCents: Math.round(settings.dailyBudget * 100) - (await committedOnHits(db, startOfDay(at))),
    who: 'beside the HITs that were posted, this installation (DAILY_BUDGET)',
  };
  const cents = amountCents + feeOnBonus(amountCents);
  const ceilings = [...ceilingsOfKey(context), everybody];
  return commitSpending(db, { at, entry: `bonus ${bonusId}`, cents, ceilings });
}

const ceilingsOfKey = ({ actor, dailyBudgetCents }: Context): readonly Ceiling[] =>
  dailyBudgetCents == null ? [] : [{ subject: actor, mostCents: dailyBudgetCents, who: 'this key' }];

/** Whether an assignment's HIT was on the sandbox side; one that the read models do not know counts as real. */
async function isPlay(db: Dependencies['db'], assignmentId: AssignmentId): Promise<boolean> {
  const { rows } = await db.query<{ sandbox: boolean }>(
    'select h.sandbox from tasks t join hits h using (hit_id) where t.assignment_id = $1',
    [assignmentId],
  );
  return rows[0]?.sandbox === true;
}
