import { type Core, openCore } from '../core.ts';
import type { CliCommand } from '../main.ts';
import { projections } from '../projections/all.ts';
import { reportProjections } from '../projections/report.ts';
import {
  clockSkew,
  connections,
  durability,
  examine,
  type Finding,
  logReadAndWritten,
  marketplace,
  permissions,
  postgresVersion,
  readModels,
} from './doctor/checks.ts';
import { startLog } from './log.ts';
import { settingsOrExit } from './settings.ts';

const MARKS = { ok: 'ok     ', warning: 'WARNING', failed: 'FAILED ' } as const;

export const doctorCommand: CliCommand = {
  usage: `retainer doctor [--json]

Looks at a live installation, Postgres or KurrentDB: can it be reached, is it new enough, may we do what we have to,
does it keep what it acknowledges, do the clocks agree, does a read and a refused write work, are the read models up to
date, can the marketplace be reached. Says what is wrong and what to do. Exits with 1 if a check failed.
`,
  options: { json: { type: 'boolean' } },
  run: async ({ values }) => {
    const settings = settingsOrExit();
    const opened = await openCore(settings, startLog(settings), { projector: false }).catch((error: Error) => error);
    const findings: Finding[] =
      opened instanceof Error
        ? [{ check: 'opening', state: 'failed', says: opened.message }]
        : await examined(opened).finally(() => opened.close());
    findings.push(await examine('marketplace', () => marketplace(settings)));
    if (values['json'] === true) process.stdout.write(`${JSON.stringify(findings, null, 2)}\n`);
    else for (const { state, check, says } of findings) process.stdout.write(`${MARKS[state]}  ${check}: ${says}\n`);
    return findings.some(({ state }) => state === 'failed') ? 1 : 0;
  },
};

async function examined({ pools, store, clock }: Core): Promise<Finding[]> {
  const pool = pools.readModels;
  const databases =
    pools.log === null
      ? [['database', pool] as const]
      : ([
          ['database', pool],
          ['log', pools.log],
        ] as const);
  const ofDatabases = databases.flatMap(([which, one]) => [
    examine(`${which}: version`, () => postgresVersion(one)),
    examine(`${which}: durability`, () => durability(one)),
  ]);
  return Promise.all([
    ...ofDatabases,
    examine('database: permissions', () => permissions(pool)),
    examine('database: connections', () => connections(pool)),
    examine('clock', () => clockSkew(pool, clock)),
    examine('log', () => logReadAndWritten(store)),
    examine('read models', async () =>
      readModels(await reportProjections({ db: pool, store, projections, now: clock() })),
    ),
  ]);
}
