import type { Logger } from 'pino';
import type { CliCommand } from '../main.ts';
import { startService } from '../service.ts';
import type { Tracing } from '../tracing/tracing.ts';
import { tracingWanted } from '../tracing/wanted.ts';
import { keepCheckpoints } from './checkpoint/kept.ts';
import { startLog } from './log.ts';
import { accessSummary } from './serve/accessSummary.ts';
import { tellFirstOperatorLink } from './serve/firstOperatorLink.ts';
import { startDoubts } from './serve/startDoubts.ts';
import { settingsOrExit } from './settings.ts';
import { version } from './version.ts';

/** A stop that takes longer than this is cut short. */
const STOP_TIMEOUT_MS = 10_000;

export const serve: CliCommand = {
  usage: `retainer serve

Starts a node. Without DATABASE_URL it starts its own PostgreSQL in DATA_DIR; without MTURK=aws it recruits on its
own MTurk-compatible marketplace. 'retainer config' prints every setting. Stops in order on SIGTERM and SIGINT;
a second signal stops it at once.
`,
  options: {},
  run: async () => {
    const settings = settingsOrExit();
    const log = startLog(settings);
    const isTerminal = process.stdout.isTTY === true;
    let isReady = false;
    // Who is interrupted while it starts stops in order too: a database that has just been started is not left behind.
    const signal = new Promise<string>((resolve) => {
      for (const name of ['SIGTERM', 'SIGINT'] as const)
        process.once(name, () => {
          if (!isReady) process.stderr.write('stops when it has started; once more stops it at once\n');
          resolve(name);
          process.once(name, () => process.exit(1));
        });
    });
    // Asks for credentials meanwhile, which may take seconds.
    const doubts = startDoubts(settings);
    const tracing = await tracingIfWanted(log);
    const summary = process.stderr.isTTY ? accessSummary(log) : undefined;
    const service = await startService(settings, log, { tracing, accessLog: summary?.accessLog });
    const told = await tellFirstOperatorLink(service.firstOperatorLink, { isTerminal, dataDir: settings.dataDir });
    isReady = true;
    const ending = new AbortController();
    const keeping = keepCheckpoints(service.core.store, settings, { signal: ending.signal, log });
    for (const doubt of await doubts) log.warn(doubt);
    const addresses = service.addresses.map(([what, url]) => `${what.padEnd(14)} ${url}`);
    const ready = `ready after ${(process.uptime() * 1000).toFixed(0)} ms`;
    // What is asked for first stands last, where a terminal shows it; whoever reads a pipe waits for "ready".
    const said = isTerminal
      ? [...addresses, ready, '', 'Ctrl-C stops it. Next, in another terminal: npm run demo', '', ...told]
      : [...addresses, ...told, ready];
    process.stdout.write(`${said.join('\n').trimEnd()}\n`);
    log.info({ signal: await signal }, 'stopping');
    const cut = setTimeout(() => {
      log.error('could not stop in time; what was acknowledged is stored');
      process.exit(1);
    }, STOP_TIMEOUT_MS);
    summary?.stop();
    ending.abort();
    await keeping;
    await service.stop();
    await tracing?.stop();
    clearTimeout(cut);
    // Everything is closed but OpenTelemetry's attempts to reach a collector that is away.
    if (tracing) process.exit(0);
    return 0;
  },
};

async function tracingIfWanted(log: Logger): Promise<Tracing | undefined> {
  if (!tracingWanted(process.env)) return undefined;
  const { startTracing } = await import('../tracing/tracing.ts');
  return startTracing({ version, log });
}
