import type { TestProject } from 'vitest/node';
import { startSharedChromium } from './shared/chromium.ts';
import { startPostgres } from './shared/postgres.ts';
import { shareOnDemand } from './shared/share.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Where tests ask for what the whole run shares. */
    sharedUrl: string;
  }
}

/** One PostgreSQL and one Chromium for the whole run, each started for the first test that needs it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const shared = await shareOnDemand({ postgres: startPostgres, chromium: startSharedChromium });
  project.provide('sharedUrl', shared.url);
  return shared.stop;
}
