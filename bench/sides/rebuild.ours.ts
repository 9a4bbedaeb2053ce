import { constants, setPriority } from 'node:os';
import pino from 'pino';
import { createPostgresStore } from '../../src/event-store/postgres/store.ts';
import { createPool } from '../../src/postgres/pool.ts';
import { projections } from '../../src/projections/all.ts';
import { searchPathOf } from '../../src/projections/projection.ts';
import { rebuild } from '../../src/projections/rebuild.ts';

// All read models, rebuilt from the log in a process of its own; behind a live service's polls as
// `retainer rebuild` is; prints seconds, rows by table, and the most memory it took.
const [url = ''] = process.argv.slice(2);
setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
const log = pino({ level: 'silent' });
const onError = (): void => {};
const pool = createPool(url, { max: 6, applicationName: 'bench', searchPath: searchPathOf(projections), onError });
const logPool = createPool(url, { max: 2, applicationName: 'bench log', onError });
const store = createPostgresStore({ url, pool: logPool, log });
const names = projections.map(({ name }) => name);
const began = performance.now();
const { rows } = await rebuild({ store, db: pool, projections, names, log, restart: true });
const seconds = (performance.now() - began) / 1_000;
await store.close();
await Promise.all([pool.end(), logPool.end()]);
// Kilobytes, of the whole process (getrusage).
process.stdout.write(`${JSON.stringify({ seconds, rows, mebibytes: process.resourceUsage().maxRSS / 1_024 })}\n`);
