import type { Position, RecordedEvent } from '../event-store/port.ts';
import { isAftermath, pipelined } from '../postgres/pipelined.ts';
import { isUnavailable } from '../postgres/pool.ts';
import { type Projection, type Queryable, type Skipped, type Statement, shareOut } from './projection.ts';

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

/** What a projection's share of a batch changes, and the first event of it. */
type Change = {
  readonly projection: Projection;
  readonly first: RecordedEvent;
  readonly statements: readonly Statement[];
};

/**
 * Gives each projection its share of a batch, and answers with what it changes. Like `write` it throws `CannotApply`,
 * or what says that the database is away.
 */
export async function changesBy(
  tx: Queryable,
  projections: readonly Projection[],
  events: readonly RecordedEvent[],
  places: { after?: ReadonlyMap<string, Position>; skipped?: Skipped | undefined },
): Promise<readonly Change[]> {
  return pipelined(
    [...shareOut(projections, events, places)].flatMap(([projection, [first, ...rest]]) =>
      first === undefined
        ? []
        : blaming(projection, first, async () => ({
            ...{ projection, first },
            statements: await projection.apply(tx, [first, ...rest]),
          })),
    ),
  );
}

/** Writes changes; `commit` travels with the last of them. */
export async function write(tx: Queryable, changes: readonly Change[], commit?: () => Promise<unknown>): Promise<void> {
  const writes = changes.map(({ projection, first, statements }) =>
    blaming(projection, first, () => pipelined(statements.map((statement) => tx.query(statement)))),
  );
  await pipelined([...writes, ...(commit ? [commit()] : [])]);
}

async function blaming<T>(projection: Projection, first: RecordedEvent, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (isUnavailable(error) || isAftermath(error)) throw error;
    throw new CannotApply(projection, first, error);
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
