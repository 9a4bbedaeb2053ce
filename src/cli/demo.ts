import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CliCommand } from '../main.ts';
import { startService } from '../service.ts';
import { tellStory } from './demo/story.ts';
import { startLog } from './log.ts';
import { settingsOrExit } from './settings.ts';

/** The demo's own service decides more often, so that the story does not wait for a minute to pass. */
const OWN_INTERVAL_SECONDS = 5;

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
    if (await answers(url)) return tellStory({ url, apiKey, seed });
    if (values['url'] !== undefined) throw new Error(`no retainer server answers at ${url}`);

    process.stdout.write(`no service answers at ${url}: starting one for the demo\n`);
    const dataDir = await mkdtemp(join(tmpdir(), 'retainer-demo-'));
    const own = {
      ...settings,
      ...{ host: '127.0.0.1', port: 0, dataDir, databaseUrl: undefined, mturk: 'simulated' as const },
      ...{ schedulerIntervalSeconds: OWN_INTERVAL_SECONDS, logLevel: 'warn' as const },
    };
    const service = await startService(own, startLog(own));
    try {
      return await tellStory({ url: service.url, apiKey, seed });
    } finally {
      await service.stop();
      await rm(dataDir, { recursive: true, force: true });
    }
  },
};

const answers = (url: string): Promise<boolean> =>
  fetch(`${url}/healthz`, { signal: AbortSignal.timeout(2_000) }).then(
    (response) => response.ok,
    () => false,
  );
