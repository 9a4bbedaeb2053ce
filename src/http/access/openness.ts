import { coalesce } from '../../postgres/coalesce.ts';
import type { Database } from '../../postgres/pool.ts';

/** Nobody was ever told how to come in, as far as the tables know that are no read models. */
const NOT_CLOSED = `not exists (select from retainer.closed) and not exists (select from retainer.api_key_secrets)`;

/** The same, of a service that may not have read models yet. */
export async function isOpenByTables(db: Pick<Database, 'query'>): Promise<boolean> {
  const { rows } = await db.query<{ is_open: boolean }>(`select ${NOT_CLOSED} as is_open`);
  return rows[0]?.is_open === true;
}

/**
 * Whether the service is open: no API key was ever issued and no operator was ever added. What closes it is never
 * taken back, so it is asked for only while it is open. Read models know it of a log that was restored without the keys.
 */
export function createOpenness(db: Pick<Database, 'query'>): () => Promise<boolean> {
  let isClosed = false;
  const look = coalesce<'open', boolean>(
    async () => {
      const { rows } = await db.query<{ is_open: boolean }>({
        name: 'http.isOpen',
        text: `select ${NOT_CLOSED}
                 and not exists (select from api_keys) and not exists (select from sign_ins) as is_open`,
      });
      return new Map([['open', rows[0]?.is_open === true]]);
    },
    { maxKeys: 1 },
  );
  return async () => {
    if (isClosed) return false;
    const isOpen = (await look('open')) === true;
    isClosed = !isOpen;
    return isOpen;
  };
}
