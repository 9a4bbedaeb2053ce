import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium, type LaunchOptions } from 'playwright-core';
import type { Shared } from './share.ts';

/** Without its windows it starts and draws in two thirds of the time. */
const NAMES = ['chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

const isProgram = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

function chromiumPath(): string {
  const given = process.env['CHROMIUM_PATH'];
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/bin', '/snap/bin'];
  const places = given ? [given] : NAMES.flatMap((name) => folders.map((folder) => join(folder, name)));
  const found = places.find(isProgram);
  if (found === undefined)
    throw new Error(
      'The browser tests need Chromium or Chrome: install one (apt-get install chromium), or set CHROMIUM_PATH.',
    );
  return found;
}

/** Returns how to start the installed browser: headless, speaking to nobody but the pages under test. */
export const chromiumOptions = (): LaunchOptions => ({
  executablePath: chromiumPath(),
  args: [
    '--no-sandbox',
    '--disable-quic',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--no-first-run',
  ],
  // A machine may be busy with the rest of the suite.
  timeout: 180_000,
});

/** Starts the run's browser. Every test file connects to it and opens contexts of its own, which share nothing. */
export async function startSharedChromium(onClose: () => void): Promise<Shared<{ readonly endpoint: string }>> {
  const server = await chromium.launchServer(chromiumOptions());
  server.on('close', onClose);
  return { access: { endpoint: server.wsEndpoint() }, stop: () => server.close() };
}
