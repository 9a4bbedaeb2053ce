import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { OperatorName } from '../../domain/operator.ts';
import type { Database } from '../../postgres/pool.ts';

/** How long a device is known after its last sign-in. */
export const DEVICE_DAYS = 180;

/**
 * Returns a token for a device on which an operator has just signed in. It lets nobody in: it only shows, at the next
 * sign-in, that this is no stranger's device (OWASP, "device cookies").
 */
export async function newDevice(db: Database, operator: OperatorName): Promise<string> {
  const id = randomBytes(12).toString('base64url');
  return `${id}.${(await signed(db, operator, id)).toString('base64url')}`;
}

/** Returns the id of the device that a token names; null if it is none of this operator's. */
export async function deviceOf(
  db: Database,
  operator: OperatorName,
  token: string | undefined,
): Promise<string | null> {
  const [id, signature] = token?.split('.') ?? [];
  if (id === undefined || signature === undefined || !/^[\w-]{16}$/.test(id)) return null;
  const given = Buffer.from(signature, 'base64url');
  const right = await signed(db, operator, id);
  return given.length === right.length && timingSafeEqual(given, right) ? id : null;
}

/** With the password's hash in it: a changed password makes every device a stranger's. */
async function signed(db: Database, operator: OperatorName, id: string): Promise<Buffer> {
  const { rows } = await db.query<{ password: string }>('select password from retainer.operators where name = $1', [
    operator,
  ]);
  // Of nobody, a secret that nobody can know.
  return createHmac('sha256', rows[0]?.password ?? randomBytes(32))
    .update(`device ${operator} ${id}`)
    .digest();
}
