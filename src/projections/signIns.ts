import { streamId } from '../domain/event.ts';
import type { Instant } from '../domain/ids.ts';
import { OperatorName } from '../domain/operator.ts';
import type { Position } from '../event-store/port.ts';
import { columnsOf, foldInto, type Table } from './fold.ts';
import type { Queryable } from './projection.ts';

/** What somebody did at the door. */
export type SignInRow = {
  readonly position: Position;
  readonly operator: OperatorName;
  readonly what: 'signedIn' | 'refused' | 'throttled' | 'signedOut';
  /** The address that it came from; null where nobody noted it. */
  readonly fromAddress: string | null;
  readonly at: Instant;
};

const table: Table<SignInRow> = {
  name: 'sign_ins',
  ddl: `
    create table sign_ins (
      position text collate "C" primary key,
      operator text not null,
      what text not null,
      from_address text,
      at double precision not null
    );`,
  key: 'position',
  columns: ['position', 'operator', 'what', 'fromAddress', 'at'],
};

const WHAT = {
  OperatorSignedIn: 'signedIn',
  OperatorSignInRefused: 'refused',
  OperatorSignInThrottled: 'throttled',
  OperatorSignedOut: 'signedOut',
} as const;

export const signIns = foldInto({
  table,
  version: 2,
  events: ['OperatorSignedIn', 'OperatorSignInRefused', 'OperatorSignInThrottled', 'OperatorSignedOut'],
  keyOf: ({ position }) => position,
  evolve: (_, { type, stream, position, data }): SignInRow => ({
    position,
    operator: OperatorName.parse(streamId(stream)),
    what: WHAT[type],
    fromAddress: 'from' in data ? data.from : null,
    at: data.at,
  }),
});

/** Newest first; those before a position. */
export async function listSignIns(
  db: Queryable,
  { limit, before }: { limit: number; before?: string | undefined },
): Promise<readonly SignInRow[]> {
  const { rows } = await db.query<SignInRow>(
    `select ${columnsOf(table, 's')} from sign_ins s
     where $2::text is null or s.position < $2
     order by s.position desc
     limit $1`,
    [limit, before ?? null],
  );
  return rows;
}
