import { Writable } from 'node:stream';
import pino from 'pino';
import type { DomainEvent, StreamName } from '../../src/domain/event.ts';
import type { EventStore, Position } from '../../src/event-store/port.ts';
import { createPostgresStore } from '../../src/event-store/postgres/store.ts';
import { createPool } from '../../src/postgres/pool.ts';
import { projections as allProjections } from '../../src/projections/all.ts';
import type { Projection } from '../../src/projections/projection.ts';
import { runProjector } from '../../src/projections/projector.ts';
import { freshDatabase, type TestDatabase } from './database.ts';
import { newEvent } from './events.ts';

export type Logged = { readonly level: number; readonly msg: string; readonly [field: string]: unknown };

export type House = {
  readonly database: TestDatabase;
  readonly db: TestDatabase['pool'];
  readonly store: EventStore;
  readonly log: pino.Logger;
  readonly logged: readonly Logged[];
  /** Appends events to a stream; answers with the position of the last. */
  readonly append: (stream: StreamName, ...events: readonly DomainEvent[]) => Promise<Position>;
  /** Starts a projector; it ends with the answered function, or with the house. */
  readonly project: (options?: { projections?: readonly Projection[]; batchSize?: number }) => () => Promise<void>;
  readonly close: () => Promise<void>;
};

/** A real log and a real database, with as many projectors as a test wants. */
export async function openHouse(): Promise<House> {
  const database = await freshDatabase();
  const onError = (): void => {};
  const logPool = createPool(database.url, { max: 4, applicationName: 'log', onError });
  const projectorPool = createPool(database.url, { max: 6, applicationName: 'projector', onError });
  const logged: Logged[] = [];
  const log = pino(
    { level: 'debug' },
    new Writable({
      write: (line, _, done) => {
        logged.push(JSON.parse(String(line)));
        done();
      },
    }),
  );
  const store = createPostgresStore({ url: database.url, pool: logPool, log });
  const stops: (() => Promise<void>)[] = [];
  // Far from the ids that generated histories use.
  let appended = 1_000_000;
  return {
    database,
    db: database.pool,
    store,
    log,
    logged,
    append: async (stream, ...events) => {
      const stamped = events.map((event) => newEvent(event, appended++, event.data.at));
      const result = await store.append([{ stream, expectedRevision: 'any', events: stamped }]);
      if (result.type === 'conflict') throw new Error(`conflict on ${stream}`);
      return result.position;
    },
    project: ({ projections = allProjections, batchSize = 1000 } = {}) => {
      const ending = new AbortController();
      const running = runProjector({ store, db: projectorPool, projections, signal: ending.signal, log, batchSize });
      const stop = async (): Promise<void> => {
        ending.abort();
        await running;
      };
      stops.push(stop);
      return stop;
    },
    close: async () => {
      await Promise.all(stops.map((stop) => stop()));
      await store.close();
      await Promise.all([logPool.end(), projectorPool.end()]);
      await database.drop();
    },
  };
}
