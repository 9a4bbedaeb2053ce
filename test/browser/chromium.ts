import { type Browser, chromium } from 'playwright-core';
import { inject } from 'vitest';
import { reachShared } from '../support/shared/share.ts';
import { PATIENCE_MS } from '../support/until.ts';

/**
 * Connects to the run's one browser; closing it closes what this file opened. Contexts are a file's own: cookies,
 * storage, permissions and connections of one are unknown to the others.
 */
export async function startChromium(): Promise<Browser> {
  const { endpoint } = await reachShared<{ endpoint: string }>(inject('sharedUrl'), 'chromium');
  const browser = await chromium.connect(endpoint, { timeout: PATIENCE_MS });
  browser.on('context', (context) => {
    context.setDefaultTimeout(PATIENCE_MS);
  });
  return browser;
}
