import type { Logger } from 'pino';
import type { CliCommand } from '../main.ts';
import { startService } from '../service.ts';
import type { Tracing } from '../tracing/tracing.ts';
import { tracingWanted } from '../tracing/wanted.ts';
import { startLog } from './log.ts';
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
    const tracing = await tracingIfWanted(log);
    const service = await startService(settings, log, { tracing });
    process.stdout.write(service.addresses.map(([what, url]) => `${what.padEnd(14)} ${url}\n`).join(''));
    process.stdout.write(`ready after ${(process.uptime() * 1000).toFixed(0)} ms\n`);
    const signal = await new Promise<string>((resolve) => {
      process.once('SIGTERM', resolve);
      process.once('SIGINT', resolve);
    });
    log.info({ signal }, 'stopping');
    process.once('SIGTERM', () => process.exit(1));
    process.once('SIGINT', () => process.exit(1));
    const cut = setTimeout(() => {
      log.error('could not stop in time; what was acknowledged is stored');
      process.exit(1);
    }, STOP_TIMEOUT_MS);
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
