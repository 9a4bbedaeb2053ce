import type { OperatorName } from '../../domain/operator.ts';
import type { Database } from '../../postgres/pool.ts';
import { addressGroup, UNKNOWN_ADDRESS } from './addressGroup.ts';

/** Tries are counted for so long, from the first of them. */
export const WINDOW_MINUTES = 15;

/** Tries in that time after which nobody may try again: of one name from one address, of one address, of them all. */
const MOST_OF_PAIR = 10;
const MOST_OF_ADDRESS = 10;
const MOST_OF_ALL = 1_000;
/** From a device on which this operator has signed in before; strangers cannot use it up. */
const MOST_OF_DEVICE = 10;
/** Of one name, from wherever: then each try waits, longer and longer. Nobody can shut an operator out. */
const FREE_OF_NAME = 10;
const LONGEST_WAIT_MS = 3_000;
const WAIT_MS_A_TRY = 100;

export type Trier = {
  readonly operator: OperatorName;
  readonly from: string;
  /** The device is known: this operator has signed in there before. */
  readonly device: string | null;
};

/** Whether a try may go on, and after what pause. */
export type Counted = { readonly type: 'counted'; readonly waitMs: number } | { readonly type: 'tooMany' };

const subjectsOf = ({ operator, from, device }: Trier): readonly (readonly [subject: string, most: number])[] =>
  device !== null
    ? [[`device ${device}`, MOST_OF_DEVICE]]
    : [
        ['all', MOST_OF_ALL],
        [`name ${operator}`, Number.POSITIVE_INFINITY],
        ...(from === UNKNOWN_ADDRESS
          ? []
          : ([
              [`address ${addressGroup(from)}`, MOST_OF_ADDRESS],
              [`pair ${operator} ${addressGroup(from)}`, MOST_OF_PAIR],
            ] as const)),
      ];

/**
 * Counts a try before its password is looked at: who comes at once with many others is counted with them, for the rows
 * are locked one after the other.
 */
export async function countTry(db: Database, trier: Trier): Promise<Counted> {
  const subjects = subjectsOf(trier);
  const { rows } = await db.query<{ subject: string; tries: number }>(
    `insert into retainer.sign_in_tries as counted (subject, tries)
     select subject, 1 from unnest($1::text[]) as asked (subject) order by subject
     on conflict (subject) do update
     set tries = case when counted.since < now() - interval '${WINDOW_MINUTES} minutes' then 1 else counted.tries + 1 end,
         since = case when counted.since < now() - interval '${WINDOW_MINUTES} minutes' then now() else counted.since end
     returning subject, tries`,
    [subjects.map(([subject]) => subject)],
  );
  const triesOf = new Map(rows.map(({ subject, tries }) => [subject, tries]));
  if (subjects.some(([subject, most]) => (triesOf.get(subject) ?? 0) > most)) return { type: 'tooMany' };
  const ofName = triesOf.get(`name ${trier.operator}`) ?? 0;
  return { type: 'counted', waitMs: Math.min(LONGEST_WAIT_MS, Math.max(0, ofName - FREE_OF_NAME) * WAIT_MS_A_TRY) };
}

/** Takes back a try that turned out right, and forgets those whose time is over. */
export const takeBackTry = (db: Database, trier: Trier) =>
  db.query(
    `with old as (
       delete from retainer.sign_in_tries
       where since < now() - interval '${WINDOW_MINUTES} minutes' and subject <> all ($1::text[])
     )
     update retainer.sign_in_tries set tries = greatest(0, tries - 1) where subject = any ($1::text[])`,
    [subjectsOf(trier).map(([subject]) => subject)],
  );

/** Whether this is the first try of a name that was turned away lately: whoever guesses on is told of once. */
export async function isFirstTurnedAway(db: Database, operator: OperatorName): Promise<boolean> {
  const { rows } = await db.query<{ tries: number }>(
    `insert into retainer.sign_in_tries as counted (subject, tries) values ($1, 1)
     on conflict (subject) do update
     set tries = case when counted.since < now() - interval '${WINDOW_MINUTES} minutes' then 1 else counted.tries + 1 end,
         since = case when counted.since < now() - interval '${WINDOW_MINUTES} minutes' then now() else counted.since end
     returning tries`,
    [`throttled ${operator}`],
  );
  return rows[0]?.tries === 1;
}
