import { streamId } from '../domain/event.ts';
import type { Numbered, SmallNumber } from '../domain/number.ts';
import type { Projection, Queryable, Recorded } from './projection.ts';

const MADE = ['ProtoHitDefined', 'ReservationMade', 'WorkRequestMade'] as const;
type Made = Recorded<(typeof MADE)[number]>;

const KINDS: Readonly<Record<Made['type'], Numbered>> = {
  ProtoHitDefined: 'protoHit',
  ReservationMade: 'reservation',
  WorkRequestMade: 'workRequest',
};
const isMade = (event: { readonly type: string }): event is Made => Object.hasOwn(KINDS, event.type);

/**
 * The small number of each thing that has one. Things from before numbers were in the events are counted here, from 1 in
 * the order of the log; those that are given out begin far beyond them (commands/numbers.ts).
 */
export const numbers: Projection = {
  name: 'numbers',
  version: 1,
  events: MADE,
  tables: `
    create table numbers (
      id uuid primary key,
      kind text not null,
      number double precision not null,
      -- False: counted here.
      is_given boolean not null
    );
    create index numbers_by_number on numbers (kind, number);
    create index numbers_counted on numbers (kind, number) where not is_given;
    create index numbers_given on numbers (kind, number) where is_given;`,
  tableNames: ['numbers'],
  apply: async (tx, events) => {
    const made = events.filter(isMade);
    if (made.length === 0) return [];
    const counted = made.some(({ data }) => data.number === undefined) ? await countedSoFar(tx) : new Map();
    const rows = made.map(({ type, stream, data }) => {
      const kind = KINDS[type];
      const isGiven = data.number !== undefined;
      if (!isGiven) counted.set(kind, (counted.get(kind) ?? 0) + 1);
      return { id: streamId(stream), kind, number: data.number ?? counted.get(kind), is_given: isGiven };
    });
    return [
      {
        name: 'numbers.store',
        text: `insert into numbers (id, kind, number, is_given)
               select id, kind, number, is_given from json_populate_recordset(null::numbers, $1)
               on conflict (id) do nothing`,
        values: [JSON.stringify(rows)],
      },
    ];
  },
};

async function countedSoFar(tx: Queryable): Promise<Map<Numbered, number>> {
  const { rows } = await tx.query<{ kind: Numbered; last: number }>(
    'select kind, max(number) as last from numbers where not is_given group by kind',
  );
  return new Map(rows.map(({ kind, last }) => [kind, last]));
}

/** What a number names; undefined if it names nothing of that kind. */
export async function idOfNumber(db: Queryable, kind: Numbered, number: number): Promise<string | undefined> {
  const { rows } = await db.query<{ id: string }>('select id from numbers where kind = $1 and number = $2', [
    kind,
    number,
  ]);
  return rows[0]?.id;
}

/** A small number as somebody writes it; null: it is something else. */
export const readNumber = (written: string): number | null => (/^\d{1,15}$/.test(written) ? Number(written) : null);

/** The numbers of things; one that the read model does not show yet is missing. */
export async function numbersOf(db: Queryable, ids: Iterable<string>): Promise<ReadonlyMap<string, SmallNumber>> {
  const wanted = [...new Set(ids)];
  if (wanted.length === 0) return new Map();
  const { rows } = await db.query<{ id: string; number: number }>(
    'select id, number from numbers where id = any($1::uuid[])',
    [wanted],
  );
  return new Map(rows.map(({ id, number }) => [id, number]));
}
