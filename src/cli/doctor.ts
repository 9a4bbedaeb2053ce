import type pg from 'pg';
import { type Core, openCore } from '../core.ts';
import { examined, type Finding, type Said } from '../event-store/finding.ts';
import type { CliCommand } from '../main.ts';
import { createPool } from '../postgres/pool.ts';
import { projections } from '../projections/all.ts';
import { reportProjections } from '../projections/report.ts';
import {
  clockSkew,
  connections,
  durability,
  logSize,
  marketplace,
  marketplaceCalls,
  permissions,
  postgresVersion,
  readModels,
  whyUnreachable,
} from './doctor/checks.ts';
import { startQuietLog } from './log.ts';
import { settingsOrExit } from './settings.ts';

const MARKS = { ok: 'ok     ', warning: 'WARNING', failed: 'FAILED ' } as const;

export const doctorCommand: CliCommand = {
  usage: `retainer doctor [--json]

Looks at a live installation, Postgres or KurrentDB: can it be reached, is it new enough, may we do what we have to,
does it keep what it acknowledges, do the clocks agree, is what was written read back and what conflicts refused, are
the read models up to date, can the marketplace be reached, and does it do what it is asked for. Says what is wrong and what to do. Exits with 1 if a check
failed. What it writes it takes back; KurrentDB keeps its last event in a stream retainer-doctor.
`,
  options: { json: { type: 'boolean' } },
  run: async ({ values }) => {
    const settings = settingsOrExit();
    const opened = await openCore(settings, startQuietLog(settings), { projector: false, onlyExisting: true }).catch(
      (error: Error) => error,
    );
    const findings =
      opened instanceof Error
        ? [
            { check: 'opening', state: 'failed', says: opened.message } as const,
            ...(await ofDatabaseAlone(settings.databaseUrl)),
          ]
        : await ofAll(opened, settings.eventStoreUrl !== undefined).finally(() => opened.close());
    findings.push(await examined('marketplace', () => marketplace(settings)));
    if (values['json'] === true) process.stdout.write(`${JSON.stringify(findings, null, 2)}\n`);
    else for (const { state, check, says } of findings) process.stdout.write(`${MARKS[state]}  ${check}: ${says}\n`);
    return findings.some(({ state }) => state === 'failed') ? 1 : 0;
  },
};

/** `isElsewhere`: the log is not in the database of the read models. */
async function ofAll({ pools, store, clock }: Core, isElsewhere: boolean): Promise<Finding[]> {
  const { readModels: pool, log } = pools;
  return [
    ...(await ofDatabase('database', pool, clock)),
    ...(log !== null && isElsewhere ? await ofServer('log', log, clock) : []),
    ...((await store.examine?.()) ?? []),
    await examined('log', () => logSize(store)),
    await examined('read models', async () =>
      readModels(await reportProjections({ db: pool, store, projections, now: clock() })),
    ),
    await examined('marketplace: calls', () => marketplaceCalls(pool, clock)),
  ];
}

/** The log could not be opened: that keeps nobody from knowing how the database is. */
async function ofDatabaseAlone(url: string | undefined): Promise<Finding[]> {
  if (url === undefined) return [];
  const pool = createPool(url, { max: 1, applicationName: 'retainer doctor', onError: () => {} });
  try {
    return await ofDatabase('database', pool, Date.now);
  } finally {
    await pool.end();
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
  const checks = [
    ['version', () => postgresVersion(pool)],
    ['durability', () => durability(pool)],
    ['clock', () => clockSkew(pool, clock)],
    ...more,
  ] as const;
  const findings: Finding[] = [];
  for (const [check, look] of checks) findings.push(await examined(`${which}: ${check}`, look));
  return findings;
}
