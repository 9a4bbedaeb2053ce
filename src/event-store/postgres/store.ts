import type pg from 'pg';
import type { Logger } from 'pino';
import { TooManyWaiting } from '../../postgres/coalesce.ts';
import { listen } from '../../postgres/listen.ts';
import { isUnavailable } from '../../postgres/pool.ts';
import { expectFitting } from '../fitting.ts';
import { BEGINNING, type EventStore, StoreUnavailable } from '../port.ts';
import { createAudit } from './audit.ts';
import { examine } from './examine.ts';
import { createGroupCommit, type StoredBatch } from './groupCommit.ts';
import { lookBack } from './lookBack.ts';
import { fromPosition, toPosition } from './position.ts';
import { prune } from './prune.ts';
import { createReads } from './reads.ts';
import { PATIENCE } from './rows.ts';
import { createTail, follow } from './subscription.ts';

/**
 * The log in Postgres, schema `event_store`. Appends go over `pool` in one statement at a time; growth is heard on
 * a connection of its own, opened with the first subscription.
 */
export function createPostgresStore({
  url,
  pool,
  log,
  onBatch,
}: {
  url: string;
  pool: pg.Pool;
  log: Logger;
  /** After each statement of the group commit. */
  onBatch?: ((batch: StoredBatch) => void) | undefined;
}): EventStore {
  const tail = createTail();
  const groupCommit = createGroupCommit(pool, { log, onAppended: tail.reaches, onBatch });
  const { read, readsWaiting } = createReads(pool);
  const ending = new AbortController();
  let listener: ReturnType<typeof listen> | null = null;

  const orUnavailable = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      const isPassing = isUnavailable(error) || error instanceof TooManyWaiting;
      throw isPassing ? new StoreUnavailable('the log cannot be reached', { cause: error }) : error;
    }
  };

  const last = async (): Promise<string | null> => {
    const { rows } = await orUnavailable(
      pool.query<{ last: string | null }>({
        text: 'select max(position) as last from event_store.events',
        ...PATIENCE,
      }),
    );
    return rows[0]?.last ?? null;
  };

  return {
    append: async (writes) => {
      if (writes.length === 0) throw new Error('an append names at least one stream');
      const streams = new Set(writes.map(({ stream }) => stream));
      if (streams.size < writes.length) throw new Error('an append may name a stream once');
      // Here, not in the batch that appends share: only its own caller fails.
      expectFitting(writes);
      return groupCommit.append(writes);
    },
    read: (stream, options) => orUnavailable(read(stream, options)),
    subscribe: (options) => {
      const signal = AbortSignal.any([options.signal, ending.signal]);
      // Whoever comes after the end must not leave a connection that nobody closes: the process would live on.
      if (!signal.aborted)
        listener ??= listen({
          url,
          channels: ['event_log'],
          onNotify: (_, head) => tail.reaches(toPosition(head)),
          onGap: tail.lookAgain,
          log,
        });
      return follow(pool, tail, { ...options, signal }, log);
    },
    lookBack: (options) => orUnavailable(lookBack(pool, options)),
    head: async () => {
      const head = await last();
      return head === null ? BEGINNING : toPosition(head);
    },
    first: async () => {
      const { rows } = await orUnavailable(
        pool.query<{ type: string; stream: string }>({
          text: 'select type, stream from event_store.events order by position limit 1',
          ...PATIENCE,
        }),
      );
      return rows[0] ?? null;
    },
    count: async (after = BEGINNING) => Math.max(0, Number(await last()) - Number(fromPosition(after))),
    waiting: () => ({ appends: groupCommit.waiting(), reads: readsWaiting() }),
    prune: (options) => orUnavailable(prune(pool, options)),
    audit: createAudit(pool),
    examine: () => examine(pool),
    close: async () => {
      await groupCommit.close();
      ending.abort();
      await listener?.close();
    },
  };
}
