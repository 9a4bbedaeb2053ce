import { randomFillSync } from 'node:crypto';
import { v5 as uuidv5, v7 as uuidv7 } from 'uuid';
import type { Context } from './context.ts';

/** Namespace of the ids that follow from names and idempotency keys (RFC 9562, version 5). */
const NAMESPACE = '6f0d6c1e-3f0b-5d0e-9a53-1d8a3c5f7b20';

const ID_BYTES = 16;

/** Version 7 ids from random bytes drawn many at a time: one draw an id cost a tenth of a ping. */
function pooledIds(size = 1_024): () => string {
  const pool = new Uint8Array(size * ID_BYTES);
  let used = pool.length;
  return () => {
    if (used === pool.length) {
      randomFillSync(pool);
      used = 0;
    }
    used += ID_BYTES;
    return uuidv7({ random: pool.subarray(used - ID_BYTES, used) });
  };
}

const freshId = pooledIds();

/** A new id; with an idempotency key always the same one for the same purpose. */
export const idFor = (context: Context, purpose: string): string =>
  context.idempotencyKey === undefined
    ? freshId()
    : uuidv5(JSON.stringify([context.actor, context.idempotencyKey, purpose]), NAMESPACE);

/** The id that belongs to a name: the same name is the same id on every node. */
export const idOfName = (kind: string, name: string): string => uuidv5(JSON.stringify([kind, name]), NAMESPACE);
