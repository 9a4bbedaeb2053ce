import type pg from 'pg';
import type { Audit } from '../audit.ts';
import { toPosition } from './position.ts';
import { verify } from './verify.ts';

/** The audit of the log in Postgres: the chain of hashes that event_store.append makes. */
export function createAudit(pool: Pick<pg.Pool, 'query'>): Audit {
  return {
    seal: async () => {
      const { rows } = await pool.query<{ position: string; hash: Buffer; pruned: string }>(
        `select b.position, b.hash, (select count(*) from event_store.pruned) as pruned
         from event_store.batches b order by b.position desc limit 1`,
      );
      const [row] = rows;
      if (row === undefined) return null;
      const pruned = Number(row.pruned);
      return {
        position: toPosition(row.position),
        hash: row.hash.toString('hex'),
        events: Number(row.position) - pruned,
        pruned,
      };
    },
    verify: (options) => verify(pool, options),
  };
}
