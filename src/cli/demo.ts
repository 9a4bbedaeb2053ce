import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CliCommand } from '../main.ts';
import { startService } from '../service.ts';
import { tellStory } from './demo/story.ts';
import { startLog } from './log.ts';
import { settingsOrExit } from './settings.ts';

/** A stop that takes longer than this is cut short. */
const STOP_TIMEOUT_MS = 10_000;
/** As shells have it for a command that was ended from the keyboard. */
const INTERRUPTED = 130;

export const demo: CliCommand = {
  usage: `retainer demo [--url URL] [--api-key KEY] [--seed N]

Shows the main job with real HTTP: defines a ProtoHIT, makes a reservation, has HITs posted, lets simulated workers
accept them and wait, invokes, and follows each worker to the payment. Uses the service at --url (default: the
one of the settings) if one runs there, and else starts one of its own for the demo. It needs a service that recruits
on the built-in marketplace.
`,
  options: { url: { type: 'string' }, 'api-key': { type: 'string' }, seed: { type: 'string' } },
  run: async ({ values }) => {
    const settings = settingsOrExit();
    const apiKey = typeof values['api-key'] === 'string' ? values['api-key'] : undefined;
    const seed = Number(values['seed'] ?? 1);
    if (!Number.isInteger(seed)) throw new Error(`--seed must be a whole number, got "${String(values['seed'])}"`);
    const url = typeof values['url'] === 'string' ? values['url'].replace(/\/+$/, '') : settings.publicUrl;
    const signal = interrupted();
    if (await answers(url)) return toldUntil(signal, tellStory({ url, apiKey, seed, signal }));
    if (values['url'] !== undefined) throw new Error(`no retainer server answers at ${url}`);

    process.stdout.write(`no service answers at ${url}: starting one for the demo\n`);
    const dataDir = await mkdtemp(join(tmpdir(), 'retainer-demo-'));
    const own = {
      ...settings,
      ...{ host: '127.0.0.1', port: 0, dataDir, databaseUrl: undefined, mturk: 'simulated' as const },
      ...{ schedulerIntervalSeconds: 60, policy: 'spare' as const, logLevel: 'warn' as const },
    };
    try {
      const service = await startService(own, startLog(own));
      try {
        return await toldUntil(signal, tellStory({ url: service.url, apiKey, seed, signal }));
      } finally {
        await service.stop();
      }
    } finally {
      await rm(dataDir, { recursive: true, force: true });
    }
  },
};

/**
 * Aborts at SIGINT or SIGTERM, so that what the demo started is stopped. Further signals change nothing: npm hands on
 * what the terminal sent already.
 */
function interrupted(): AbortSignal {
  const interruption = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => {
      if (interruption.signal.aborted) return;
      interruption.abort();
      process.stdout.write('stopping\n');
      setTimeout(() => process.exit(INTERRUPTED), STOP_TIMEOUT_MS).unref();
    });
  return interruption.signal;
}

const toldUntil = (signal: AbortSignal, story: Promise<number>): Promise<number> =>
  story.catch((error: unknown) => {
    if (!signal.aborted) throw error;
    return INTERRUPTED;
  });

const answers = (url: string): Promise<boolean> =>
  fetch(`${url}/healthz`, { signal: AbortSignal.timeout(2_000) }).then(
    (response) => response.ok,
    () => false,
  );
