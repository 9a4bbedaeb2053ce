import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import pg from 'pg';
import { type Server, startServer } from './support/child.ts';
import { type Benchmark, compare } from './support/result.ts';
import { seedLog } from './support/seedLog.ts';

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const MILLION = 1_000_000;

/** Milliseconds from the start of the process to its first 200 on /readyz. */
async function timeToReady(start: () => Promise<Server>): Promise<{ ms: number; server: Server }> {
  const before = performance.now();
  const server = await start();
  while (
    !(await fetch(`${server.url}/readyz`).then(
      (response) => response.ok,
      () => false,
    ))
  );
  return { ms: performance.now() - before, server };
}

/** Kills the service, and its PostgreSQL with it. */
async function kill(server: Server, dataDir: string): Promise<void> {
  server.process.kill('SIGKILL');
  const pid = Number((await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8')).split('\n')[0]);
  process.kill(pid, 'SIGKILL');
  await new Promise((resolve) => setTimeout(resolve, 1_000));
}

/** A million pings in the log, as old ones that every read model has seen. */
async function fill(dataDir: string): Promise<void> {
  const { password, port } = JSON.parse(await readFile(join(dataDir, 'postgres.json'), 'utf8'));
  const client = new pg.Client(`postgres://postgres:${password}@127.0.0.1:${port}/retainer`);
  await client.connect();
  await seedLog(client, pings(MILLION));
  await client.query(
    `update retainer.checkpoints set position = lpad((select max(position) from event_store.events)::text, 19, '0')`,
  );
  // The log was filled long ago: what is measured is a start, not the recovery of a bulk load.
  await client.query('checkpoint');
  await client.end();
}

const PINGS_A_BATCH = 10_000;

/** Of ten thousand workers in turn. */
function* pings(count: number): Generator<string> {
  for (let before = 0; before < count; before += PINGS_A_BATCH)
    yield `
      select n, 'presence-A' || n as stream, ${before / PINGS_A_BATCH} as revision, 'WorkerPinged' as type,
        jsonb_build_object('assignmentId', 'A' || n, 'workerId', 'W', 'pingType', 'waiting', 'at', 1) as data
      from generate_series(1, ${PINGS_A_BATCH}) n`;
}

/** An empty folder to ready, and the same after kill -9 with a million events in the log. */
export const start: Benchmark = async ({ rounds, say }) => {
  const scratch = await mkdtemp(join(tmpdir(), 'retainer-start-'));
  const bareScript = fileURLToPath(new URL('../dist/bench-start.mjs', import.meta.url));
  await build({
    entryPoints: [fileURLToPath(new URL('./sides/startBare.ts', import.meta.url))],
    outfile: bareScript,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
  });
  const retainer = (dataDir: string) => () =>
    startServer(process.execPath, [MAIN, 'serve'], {
      env: { DATA_DIR: dataDir, PORT: '0', LOG_LEVEL: 'warn' },
      cwd: scratch,
    });
  const bare = (dataDir: string) => () => startServer(process.execPath, [bareScript, dataDir], { cwd: scratch });

  const times = { empty: [[], []] as [number[], number[]], killed: [[], []] as [number[], number[]] };
  try {
    for (let round = 0; round < rounds; round++) {
      const [ownDir, bareDir] = [join(scratch, `own${round}`), join(scratch, `bare${round}`)];
      const own = await timeToReady(retainer(ownDir));
      const limit = await timeToReady(bare(bareDir));
      times.empty[0].push(own.ms);
      times.empty[1].push(limit.ms);
      await fill(ownDir);
      await kill(own.server, ownDir);
      await kill(limit.server, bareDir);
      const again = await timeToReady(retainer(ownDir));
      await kill(again.server, ownDir);
      const limitAgain = await timeToReady(bare(ownDir));
      await kill(limitAgain.server, ownDir);
      times.killed[0].push(again.ms);
      times.killed[1].push(limitAgain.ms);
      say(
        `start: ${own.ms.toFixed(0)} beside ${limit.ms.toFixed(0)} ms, after kill -9 ${again.ms.toFixed(0)} beside ${limitAgain.ms.toFixed(0)} ms`,
      );
    }
  } finally {
    await rm(scratch, { recursive: true, force: true });
    await rm(bareScript, { force: true });
  }
  const row = {
    unit: 'ms',
    against: 'the same PostgreSQL and bare Hono',
    goal: '≤ 1.5',
    isMet: (r: number) => r <= 1.5,
  };
  return [
    compare({ ...row, name: 'start, empty folder' }, ...times.empty),
    compare({ ...row, name: 'start, after kill -9, 1,000,000 events' }, ...times.killed),
  ];
};
