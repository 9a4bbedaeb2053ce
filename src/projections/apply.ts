import type { Position, RecordedEvent } from '../event-store/port.ts';
import { isUnavailable } from '../postgres/pool.ts';
import { type Projection, type Queryable, type Skipped, shareOut } from './projection.ts';

/** A projection and an event do not fit: a defect, in the event or in the code. */
export class CannotApply extends Error {
  override readonly name = 'CannotApply';
  readonly projection: Projection;
  /** The first of the events that were applied together; the culprit itself if it was alone. */
  readonly event: { readonly position: Position; readonly type: string };
  constructor(projection: Projection, { position, type }: RecordedEvent, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(`${type} at position ${position} cannot be applied to ${projection.name}: ${reason}`, { cause });
    this.projection = projection;
    this.event = { position, type };
  }
}

/** Gives each projection its share of a batch. Throws `CannotApply`, or what says that the database is away. */
export async function applyShares(
  tx: Queryable,
  projections: readonly Projection[],
  events: readonly RecordedEvent[],
  places: { after?: ReadonlyMap<string, Position>; skipped?: Skipped | undefined },
): Promise<void> {
  for (const [projection, [first, ...rest]] of shareOut(projections, events, places)) {
    if (first === undefined) continue;
    try {
      await projection.apply(tx, [first, ...rest]);
    } catch (error) {
      if (isUnavailable(error)) throw error;
      throw new CannotApply(projection, first, error);
    }
  }
}

/**
 * Works through events together; where they cannot be applied, half and half, so that all before the culprit are
 * done and the `CannotApply` that is thrown names it.
 */
export async function upToTheCulprit(
  events: readonly RecordedEvent[],
  work: (events: readonly RecordedEvent[]) => Promise<void>,
): Promise<void> {
  try {
    await work(events);
  } catch (error) {
    if (!(error instanceof CannotApply) || events.length === 1) throw error;
    const half = Math.ceil(events.length / 2);
    await upToTheCulprit(events.slice(0, half), work);
    await upToTheCulprit(events.slice(half), work);
  }
}
