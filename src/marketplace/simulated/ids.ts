import type { Database } from '../../postgres/pool.ts';
import { idFrom } from './random.ts';

/** A new id; asked of the transaction that will use it, so that it needs no second connection. */
export type NewId = (db: Pick<Database, 'query'>) => Promise<string>;

export const seededIds =
  (seed: number): NewId =>
  async (db) => {
    const { rows } = await db.query<{ id: string }>(`select nextval('marketplace.ids') as id`);
    return idFrom(seed, rows[0]?.id ?? '');
  };
