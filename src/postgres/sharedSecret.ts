import { createHmac, randomBytes } from 'node:crypto';
import type { Database } from './pool.ts';

/** Returns the secret that all nodes of this installation share; the first that asks makes it. */
export async function sharedSecret(db: Pick<Database, 'query'>): Promise<Buffer> {
  await db.query('insert into retainer.worker_secret (secret) values ($1) on conflict do nothing', [randomBytes(32)]);
  const { rows } = await db.query<{ secret: Buffer }>('select secret from retainer.worker_secret');
  const [row] = rows;
  if (row === undefined) throw new Error('retainer.worker_secret has no row');
  return row.secret;
}

/** Returns the key with which the service signs its calls to the built-in marketplace. Nobody else can know it. */
export const marketplaceKey = async (db: Pick<Database, 'query'>): Promise<string> =>
  createHmac('sha256', await sharedSecret(db))
    .update('requester of the built-in marketplace')
    .digest('base64url');

/** The service's name as a requester there. */
export const OWN_REQUESTER = 'RETAINER';
