import type { Logger } from 'pino';
import type { Commands, Context } from '../commands/commands.ts';
import type { Instant } from '../domain/ids.ts';
import type { Database } from '../postgres/pool.ts';
import { dueToStopRecruiting, dueToTimeOut } from '../projections/reservations.ts';
import { concurrently } from './concurrently.ts';

export type PatienceDependencies = {
  readonly db: Database;
  readonly commands: Pick<Commands, 'timeOutReservation' | 'stopRecruiting'>;
  readonly settings: { readonly reservationTimeoutMinutes: number; readonly invokedTimeoutMinutes: number };
  readonly clock: () => Instant;
  readonly log: Logger;
};

const COMMANDS_AT_ONCE = 64;

/**
 * Gives up on reservations that nobody invoked in time, and stops recruiting for those that were invoked long ago and
 * that nobody finished. Returns how many were given up.
 */
export async function endPatience(
  { db, commands, settings, clock, log }: PatienceDependencies,
  context: Context,
  signal?: AbortSignal,
): Promise<number> {
  const now = clock();
  const [overdue, forgotten] = await Promise.all([
    dueToTimeOut(db, { now, timeoutMinutes: settings.reservationTimeoutMinutes }),
    dueToStopRecruiting(db, { now, timeoutMinutes: settings.invokedTimeoutMinutes }),
  ]);
  await concurrently(overdue, { limit: COMMANDS_AT_ONCE, signal }, ({ reservationId }) =>
    commands.timeOutReservation(context, { reservationId }),
  );
  await concurrently(forgotten, { limit: COMMANDS_AT_ONCE, signal }, ({ reservationId }) =>
    commands.stopRecruiting(context, { reservationId }),
  );
  if (forgotten.length > 0)
    log.warn(
      { reservations: forgotten.map(({ reservationId }) => reservationId) },
      'recruiting stopped for reservations that were invoked long ago: finish them, or invoke them again',
    );
  return overdue.length;
}
