import type { ClientBase, QueryConfig } from 'pg';
import type { DomainEvent, EventType } from '../domain/event.ts';
import { BEGINNING, type Position, type RecordedEvent } from '../event-store/port.ts';

/** Whatever runs a query: a pool, a client, a transaction. */
export type Queryable = Pick<ClientBase, 'query'>;

/** One that writes; with a `name` it is parsed once a connection. */
export type Statement = Readonly<QueryConfig<unknown[]>>;

/** Events of the named types, as the log holds them. */
export type Recorded<Type extends EventType> = RecordedEvent<Extract<DomainEvent, { type: Type }>>;

/**
 * A read model: tables that can be made anew from the log at any time. Times in the tables are milliseconds
 * since 1970 as `double precision`, which the driver hands out as numbers (it gives `bigint` as text).
 */
export type Projection = {
  readonly name: string;
  /** Counted up with every change of the tables or of what events mean for them: each version has tables of its own. */
  readonly version: number;
  readonly events: readonly EventType[];
  /** Statements that make the empty tables, without naming a schema. */
  readonly tables: string;
  /** No two projections may have tables of one name. */
  readonly tableNames: readonly string[];
  /**
   * Reads what a batch of its own events concerns, in log order, and answers with the statements that change the
   * tables by it; their number does not depend on the batch. All projections' reads travel together, and then all that
   * they write: two round trips a batch. However a history is cut into batches, the tables end up the same. Tables
   * are found through the search path: those in use, or others that are made beside them.
   */
  readonly apply: (tx: Queryable, events: readonly RecordedEvent[]) => Promise<readonly Statement[]>;
};

/** Where a version of a projection has its tables: nodes of an older version keep theirs while a newer one's are made. */
export const schemaOf = ({ name, version }: { readonly name: string; readonly version: number | string }): string =>
  `read_models_${name}_v${version}`;

/** The schema of tables that are made beside those in use, and what they are for. */
export const schemaAside = (projection: Parameters<typeof schemaOf>[0], purpose: 'rebuild' | 'check'): string =>
  `${schemaOf(projection)}_${purpose}`;

/** The search path by which queries find the tables of these projections. */
export const searchPathOf = (projections: readonly Projection[]): string => projections.map(schemaOf).join(', ');

/** Positions of events that an operator lets projections pass over, by projection. */
export type Skipped = ReadonlyMap<string, ReadonlySet<Position>>;

/**
 * What each projection takes of a batch, in log order. With `after`: only of what lies past each one's place, and
 * nothing for those that have none.
 */
export function shareOut(
  projections: readonly Projection[],
  events: readonly RecordedEvent[],
  { after, skipped }: { after?: ReadonlyMap<string, Position>; skipped?: Skipped | undefined } = {},
): ReadonlyMap<Projection, readonly RecordedEvent[]> {
  type Taker = { place: Position; skips: ReadonlySet<Position> | undefined; share: RecordedEvent[] };
  const takers = new Map<EventType, Taker[]>();
  const shares = new Map<Projection, readonly RecordedEvent[]>();
  for (const projection of projections) {
    const place = after === undefined ? BEGINNING : after.get(projection.name);
    if (place === undefined) continue;
    const taker = { place, skips: skipped?.get(projection.name), share: [] };
    shares.set(projection, taker.share);
    for (const type of projection.events) takers.set(type, [...(takers.get(type) ?? []), taker]);
  }
  for (const event of events)
    for (const { place, skips, share } of takers.get(event.type) ?? [])
      if (event.position > place && !skips?.has(event.position)) share.push(event);
  return shares;
}
