import type { Logger } from 'pino';
import type { Refusal } from '../domain/decision.ts';
import type { Actor } from '../domain/event.ts';
import type { Instant, ProtoHitId } from '../domain/ids.ts';
import type { EventStore, Position } from '../event-store/port.ts';
import type { Database } from '../postgres/pool.ts';

/** Who gives a command, and in which request. */
export type Context = {
  readonly actor: Actor;
  readonly requestId: string;
  /** Makes a repeated command the same command: ids that it gives out follow from the key. */
  readonly idempotencyKey?: string | undefined;
  /** US cents that the caller's key may commit a day; null or left out: as much as the installation. */
  readonly dailyBudgetCents?: number | null | undefined;
  /** The one ProtoHIT that the caller's key is limited to; null or left out: every one. */
  readonly limitedTo?: ProtoHitId | null | undefined;
};

export type CommandResult<Value> =
  | {
      readonly type: 'done';
      readonly value: Value;
      /** Of the last event that the answer rests on; null if there is none. */
      readonly position: Position | null;
    }
  | { readonly type: 'refused'; readonly refusal: Refusal };

/** What commands need of the world. */
export type Dependencies = {
  readonly store: EventStore;
  readonly db: Database;
  readonly clock: () => Instant;
  /** Waits until the read models show everything up to a position; false if that took longer. */
  readonly caughtUp: { readonly until: (position: Position, options: { timeoutMs: number }) => Promise<boolean> };
  /** How long a command's answer waits for the read models; past it the answer goes out all the same. */
  readonly readYourWritesMs?: number | undefined;
  readonly log: Logger;
  readonly settings: {
    readonly pingTimeoutSeconds: number;
    readonly reservationTimeoutMinutes: number;
    readonly invokedTimeoutMinutes: number;
    /** US dollars that may be committed a day on the marketplace's real side. */
    readonly dailyBudget: number;
    readonly unsignedWorkers: 'accept' | 'refuse';
  };
};

const READ_YOUR_WRITES_MS = 2_000;

/** Read your own writes: the answer waits until queries show what the command did. */
export async function settled<Value>(
  { caughtUp, log, readYourWritesMs = READ_YOUR_WRITES_MS }: Dependencies,
  result: CommandResult<Value>,
): Promise<CommandResult<Value>> {
  if (result.type === 'done' && result.position !== null) {
    const caught = await caughtUp.until(result.position, { timeoutMs: readYourWritesMs });
    if (!caught) log.warn({ position: result.position }, 'answered before the read models caught up');
  }
  return result;
}
