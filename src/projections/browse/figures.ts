import type { Queryable } from '../projection.ts';

export type AdminFigures = {
  /** Work that was handed in, and that nobody has decided about. */
  readonly toReview: number;
  /** Invoked long ago and never finished: nobody is recruited for them any more. */
  readonly recruitingStopped: number;
  /** API keys that open something. */
  readonly keys: number;
};

/** What waits for an operator, by partial indexes: costs what waits, not what ever was. */
export async function adminFigures(db: Queryable): Promise<AdminFigures> {
  const { rows } = await db.query<AdminFigures>(
    `select (select count(*)::int from tasks t
             left join reviews r using (assignment_id)
             where t.phase = 'submitted' and r.asked is null) as "toReview",
            (select count(*)::int from reservations
             where phase = 'invoked' and recruiting_stopped_at is not null)
              as "recruitingStopped",
            (select count(*)::int from api_keys where revoked_at is null) as keys`,
  );
  const [figures] = rows;
  if (figures === undefined) throw new Error('a query of one row brought none');
  return figures;
}
