import type { Numbered, SmallNumber } from '../domain/number.ts';
import { StoreUnavailable } from '../event-store/port.ts';
import { coalesce } from '../postgres/coalesce.ts';
import { inTransaction } from '../postgres/pool.ts';
import type { Dependencies } from './context.ts';

/** Gives out a number that nothing else of its kind has, nor ever will. */
export type NextNumber = (kind: Numbered) => Promise<SmallNumber>;

/**
 * Left free between things that the read model had to count and those that get a number: nodes of an older version may
 * still make some while a newer one runs beside them.
 */
const GAP = 100_000;
const CATCH_UP_TIMEOUT_MS = 10_000;

const SEQUENCES = `(values ('protoHit', 'retainer.proto_hit_numbers'), ('reservation', 'retainer.reservation_numbers'),
                           ('workRequest', 'retainer.work_request_numbers')) as sequences (kind, sequence)`;

/**
 * Numbers come from sequences in Postgres, wherever the log is: no two nodes get the same, and nobody waits for anybody.
 * Requests of one turn of the event loop share a query. A sequence may lie behind the log: the installation is older than
 * numbers, or its database was set up again beside a log elsewhere. So before its first number a node looks at what the log
 * has, and while that cannot be seen it gives out none.
 */
export function createNextNumber({ db, store, caughtUp }: Pick<Dependencies, 'db' | 'store' | 'caughtUp'>): NextNumber {
  let advanced: Promise<void> | null = null;

  const advance = async (): Promise<void> => {
    if (!(await caughtUp.until(await store.head(), { timeoutMs: CATCH_UP_TIMEOUT_MS })))
      throw new StoreUnavailable('the read models are too far behind the log to tell which numbers are taken');
    await inTransaction(db, async (tx) => {
      await tx.query(`select pg_advisory_xact_lock(hashtextextended('retainer numbers', 0))`);
      await tx.query(
        `select setval(sequence::regclass, taken::bigint)
         from ${SEQUENCES}
         cross join lateral (
           select greatest((select max(number) from numbers n where n.kind = sequences.kind and is_given),
                           (select max(number) + $1 from numbers n where n.kind = sequences.kind and not is_given)) as taken
         ) log
         where taken > coalesce(pg_sequence_last_value(sequence::regclass), 0)`,
        [GAP],
      );
    });
  };

  const draw = coalesce<{ readonly kind: Numbered }, SmallNumber>(
    async (asked) => {
      const { rows } = await db.query<{ place: number; number: number }>({
        name: 'numbers.next',
        text: `select place::int, nextval(sequence::regclass)::double precision as number
               from unnest($1::text[]) with ordinality as asked (kind, place) join ${SEQUENCES} using (kind)`,
        values: [asked.map(({ kind }) => kind)],
      });
      const byPlace = new Map(rows.map(({ place, number }) => [place, number]));
      return new Map(
        asked.flatMap((one, index) => {
          const number = byPlace.get(index + 1);
          return number === undefined ? [] : [[one, number] as const];
        }),
      );
    },
    { maxKeys: 10_000 },
  );

  return async (kind) => {
    advanced ??= advance();
    try {
      await advanced;
    } catch (error) {
      advanced = null;
      throw error;
    }
    const number = await draw({ kind });
    if (number === undefined) throw new Error(`the sequence of ${kind} gave no number`);
    return number;
  };
}
