import type pg from 'pg';
import type { Logger } from 'pino';
import type { Settings } from '../config/settings.ts';
import { type Core, openCore } from '../core.ts';
import { examined, type Finding, failed, type Said } from '../event-store/finding.ts';
import { refuseOthers } from '../event-store/identity.ts';
import { isPostgres, openEventStore } from '../eventStore.ts';
import type { CliCommand } from '../main.ts';
import { createPool } from '../postgres/pool.ts';
import { projections } from '../projections/all.ts';
import { reportProjections } from '../projections/report.ts';
import {
  clockSkew,
  connections,
  durability,
  encoding,
  logSize,
  marketplace,
  marketplaceCalls,
  permissions,
  postgresVersion,
  readModels,
  sessions,
  whyUnreachable,
} from './doctor/checks.ts';
import { answering, apiKeys, operators, reachable, scheduling } from './doctor/service.ts';
import { startQuietLog } from './log.ts';
import { settingsOrExit } from './settings.ts';

const MARKS = { ok: 'ok     ', warning: 'WARNING', failed: 'FAILED ' } as const;

export const doctorCommand: CliCommand = {
  usage: `retainer doctor [--json]

Looks at a live installation, Postgres or KurrentDB: can it be reached, is it new enough, may we do what we have to,
does it keep what it acknowledges, do the clocks agree, is what was written read back and what conflicts refused, are
the read models up to date, does the service answer and a node schedule, is there an operator, who may use the API, can
the marketplace be reached, and does it do what it is asked for. What can be looked at before the first start is.
Says what is wrong and what to do. Exits with 1 if a check failed. What it writes it takes back; KurrentDB keeps its
last event in a stream retainer-doctor.
`,
  options: { json: { type: 'boolean' } },
  run: async ({ values }) => {
    const settings = settingsOrExit();
    const log = startQuietLog(settings);
    const opened = await openCore(settings, log, { projector: false, onlyExisting: true }).catch(
      (error: Error) => error,
    );
    const findings =
      opened instanceof Error
        ? [
            { check: 'opening', state: 'failed', says: opened.message } as const,
            ...(await ofDatabaseAlone('database', settings.databaseUrl)),
            ...(await ofLogAlone(settings, log)),
          ]
        : await ofAll(opened, settings).finally(() => opened.close());
    findings.push(
      await examined('service: PUBLIC_URL', async () => reachable(settings)),
      await examined('service: address', () => answering(settings)),
      await examined('marketplace', () => marketplace(settings)),
    );
    if (values['json'] === true) process.stdout.write(`${JSON.stringify(findings, null, 2)}\n`);
    else for (const { state, check, says } of findings) process.stdout.write(`${MARKS[state]}  ${check}: ${says}\n`);
    return findings.some(({ state }) => state === 'failed') ? 1 : 0;
  },
};

async function ofAll({ pools, store, clock, db }: Core, settings: Settings): Promise<Finding[]> {
  const { readModels: pool, log } = pools;
  const isElsewhere = settings.eventStoreUrl !== undefined;
  return [
    ...(await ofDatabase('database', pool, clock)),
    ...(log !== null && isElsewhere ? await ofServer('log', log, clock) : []),
    ...((await store.examine?.()) ?? []),
    await examined('log: size', () => logSize(store)),
    await examined('read models', async () =>
      readModels(await reportProjections({ db: pool, store, projections, now: clock() })),
    ),
    await examined('marketplace: calls', () => marketplaceCalls(pool, clock)),
    await examined('scheduler', () => scheduling(db, settings)),
    await examined('operators', () => operators(db)),
    await examined('API keys', () => apiKeys(db, settings)),
  ];
}

/** The log could not be opened: that keeps nobody from knowing how the database is. */
async function ofDatabaseAlone(which: string, url: string | undefined): Promise<Finding[]> {
  if (url === undefined) return [];
  const pool = createPool(url, { max: 1, applicationName: 'retainer doctor', onError: () => {} });
  try {
    return await ofDatabase(which, pool, Date.now);
  } finally {
    await pool.end();
  }
}

/** Where the log is to be, if that is elsewhere: also before the first start, when nothing is in it. */
async function ofLogAlone(settings: Settings, log: Logger): Promise<Finding[]> {
  const { eventStoreUrl: url } = settings;
  if (url === undefined) return [];
  if (isPostgres(url)) return ofDatabaseAlone('log', url);
  const opened = await openEventStore(url, { settings, prepare: async () => {}, log }).catch((error: Error) => error);
  if (opened instanceof Error) return [{ check: 'log: connection', ...failed(opened.message) }];
  try {
    // Another application's log is not written to.
    await refuseOthers(opened.store);
    return [...((await opened.store.examine?.()) ?? []), await examined('log: size', () => logSize(opened.store))];
  } catch (error) {
    return [{ check: 'log: owner', ...failed(error instanceof Error ? error.message : String(error)) }];
  } finally {
    await opened.close();
  }
}

const ofDatabase = (which: string, pool: pg.Pool, clock: () => number): Promise<Finding[]> =>
  ofServer(which, pool, clock, [
    ['permissions', () => permissions(pool)],
    ['connections', () => connections(pool)],
  ]);

/** A server that cannot be reached is told of once: no other check could say more. */
async function ofServer(
  which: string,
  pool: pg.Pool,
  clock: () => number,
  more: readonly (readonly [string, () => Promise<Said>])[] = [],
): Promise<Finding[]> {
  const unreachable = await whyUnreachable(pool);
  if (unreachable !== null) return [{ check: `${which}: connection`, ...unreachable }];
  const url = pool.options.connectionString ?? '';
  const checks = [
    ['version', () => postgresVersion(pool)],
    ['durability', () => durability(pool)],
    ['clock', () => clockSkew(pool, clock)],
    ['sessions', () => sessions(url)],
    ['encoding', () => encoding(url)],
    ...more,
  ] as const;
  const findings: Finding[] = [];
  for (const [check, look] of checks) findings.push(await examined(`${which}: ${check}`, look));
  return findings;
}
