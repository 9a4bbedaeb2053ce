import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { holdLease, leaseLockSql } from '../../postgres/lease.ts';

/** The process that runs requests under idempotency keys, as others can tell whether it lives. */
export type RequestOwner = {
  /** Stands beside each key that a request of this process has claimed. */
  readonly name: string;
  /** Resolves once others can see that this process lives; a key claimed before that would look abandoned. */
  readonly ready: Promise<void>;
};

/** Owners of this kind hold a lease of their name for as long as they live; older versions of the service held none. */
const PREFIX = 'requests ';

/**
 * Holds a lease under a name of its own until `signal` aborts: Postgres frees it the moment the process dies, and
 * within the lease's seconds if it hangs. Then the keys that its requests had claimed are free again.
 */
export function createRequestOwner(options: {
  readonly url: string;
  readonly signal: AbortSignal;
  readonly log: Logger;
  readonly leaseSeconds?: number;
}): RequestOwner & { readonly ended: Promise<void> } {
  const name = `${PREFIX}${randomUUID()}`;
  let isHeld: () => void = () => {};
  const ready = new Promise<void>((resolve) => {
    isHeld = resolve;
  });
  const ended = holdLease({ ...options, name }, async ({ signal }) => {
    isHeld();
    if (!signal.aborted) await new Promise((over) => signal.addEventListener('abort', over, { once: true }));
  });
  return { name, ready, ended };
}

/** An SQL condition: whether the process whose name an expression gives is gone. Unknown, so false, of older versions. */
export const isGoneSql = (owner: string): string => `(
  starts_with(${owner}, '${PREFIX}')
  and not exists (
    select from pg_locks held
    where held.locktype = 'advisory' and held.granted
      and held.database = (select oid from pg_database where datname = current_database())
      and (held.classid::bigint << 32 | held.objid::bigint) = ${leaseLockSql(owner)}
  ))`;
