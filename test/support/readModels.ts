import type { DomainEvent, StreamName } from '../../src/domain/event.ts';
import { BEGINNING } from '../../src/event-store/port.ts';
import { projections } from '../../src/projections/all.ts';
import { type Checkpoints, runningCheckpoints } from '../../src/projections/checkpoints.ts';
import { project } from '../../src/projections/projector.ts';
import { setUpReadModels } from '../../src/projections/setUp.ts';
import { freshDatabase, type TestDatabase } from './database.ts';
import { newEvent } from './events.ts';
import { createMemoryStore } from './memoryStore.ts';

/** Read models in a database of their own, fed by hand. */
export type ReadModels = {
  readonly database: TestDatabase;
  readonly db: TestDatabase['pool'];
  /** These events have happened on a stream, and the read models show it. */
  readonly given: (stream: StreamName, ...events: readonly DomainEvent[]) => Promise<void>;
};

export async function freshReadModels(): Promise<ReadModels> {
  const database = await freshDatabase();
  const db = database.pool;
  await setUpReadModels({ db, projections });
  const store = createMemoryStore();
  let checkpoints: Checkpoints = await runningCheckpoints(db, projections);
  return {
    database,
    db,
    given: async (stream, ...events) => {
      const fed = store.events.length;
      const appended = events.map((event, index) => newEvent(event, fed + index, event.data.at));
      await store.append([{ stream, expectedRevision: 'any', events: appended }]);
      const moved = await project({ db, projections }, checkpoints, store.events.slice(fed));
      if (moved === null) throw new Error('somebody else moved the checkpoints');
      checkpoints = moved;
    },
  };
}

/** Every row of every read model, in an order that does not depend on how they were stored. */
export async function allRows(db: TestDatabase['pool']): Promise<Readonly<Record<string, readonly unknown[]>>> {
  const tables = projections.flatMap(({ tableNames }) => tableNames);
  const contents = await Promise.all(
    tables.map((table) => db.query<{ row: unknown }>(`select to_jsonb(t) as row from ${table} t order by 1`)),
  );
  return Object.fromEntries(tables.map((table, index) => [table, contents[index]?.rows.map(({ row }) => row) ?? []]));
}

/** Empty tables and no checkpoints, as before the first start. */
export async function forgetReadModels(db: TestDatabase['pool']): Promise<void> {
  await db.query(`update retainer.checkpoints set position = $1`, [BEGINNING]);
  const tables = projections.flatMap(({ tableNames }) => tableNames).map((table) => `${table}`);
  await db.query(`truncate ${tables.join(', ')}`);
}
