import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { z } from 'zod';
import { until } from '../support/until.ts';
import type { Engine, Installed, Place } from './engine.ts';
import { FRAME } from './engine.ts';
import { findProgram } from './programs.ts';

const driver = findProgram('WebKitWebDriver');
const miniBrowser = findMiniBrowser();
const screen = process.env['DISPLAY'] === undefined ? findProgram('Xvfb') : null;

/** WebKitGTK's MiniBrowser, over WebDriver. */
export const webkit: Installed = {
  what: 'WebKit',
  package: 'webkit2gtk-driver and xvfb',
  start:
    driver === undefined || miniBrowser === undefined || screen === undefined
      ? null
      : () => startWebKit(driver, miniBrowser, screen),
};

/** The driver's package brings the browser, in a folder of its version's. */
function findMiniBrowser(): string | undefined {
  const folders = ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu', '/usr/lib', '/usr/libexec'];
  const found = folders.flatMap((folder) => {
    try {
      return readdirSync(folder).flatMap((name) => (/^webkit2?gtk-/.test(name) ? [join(folder, name)] : []));
    } catch {
      return [];
    }
  });
  return found.map((folder) => join(folder, 'MiniBrowser')).find((program) => existsSync(program));
}

const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf';
const Session = z.object({
  sessionId: z.string(),
  capabilities: z.object({ browserName: z.string(), browserVersion: z.string() }),
});
const Elements = z.array(z.object({ [ELEMENT]: z.string() }));

/** `xvfb` is the program of a screen that is not there, for machines without one. */
async function startWebKit(driverPath: string, browserPath: string, xvfb: string | null): Promise<Engine> {
  const screen = xvfb === null ? null : await startScreen(xvfb);
  const port = await freePort();
  const server = spawn(driverPath, [`--port=${port}`], {
    stdio: 'ignore',
    env: { ...process.env, ...(screen === null ? {} : { DISPLAY: screen.display }), ...AS_ROOT },
  });
  const send = async (method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown): Promise<unknown> => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      ...(method === 'POST' ? { body: JSON.stringify(body ?? {}) } : {}),
    });
    const { value } = z.object({ value: z.unknown() }).parse(await answer.json());
    if (!answer.ok) throw new Error(`${method} ${path}: ${JSON.stringify(value)}`);
    return value;
  };
  await until(() =>
    send('GET', '/status').then(
      () => true,
      () => false,
    ),
  );
  const options = { binary: browserPath, args: ['--automation'] };
  const session = Session.parse(
    await send('POST', '/session', { capabilities: { alwaysMatch: { 'webkitgtk:browserOptions': options } } }),
  );
  const at = `/session/${session.sessionId}`;
  const find = async (xpath: string): Promise<string | undefined> => {
    const found = Elements.parse(await send('POST', `${at}/elements`, { using: 'xpath', value: xpath }));
    return found[0]?.[ELEMENT];
  };
  /** The first such element that is displayed, in the page or in the marketplace's frame in it. */
  const displayed = async (xpath: string, { inFrame = false }: Place = {}): Promise<string | undefined> => {
    await send('POST', `${at}/frame`, { id: null });
    if (inFrame) {
      const frame = await find(FRAME);
      if (frame === undefined) return undefined;
      await send('POST', `${at}/frame`, { id: { [ELEMENT]: frame } });
    }
    const element = await find(xpath);
    if (element === undefined) return undefined;
    return (await send('GET', `${at}/element/${element}/displayed`)) === true ? element : undefined;
  };
  return {
    name: `${session.capabilities.browserName} ${session.capabilities.browserVersion}`,
    goTo: async (url) => void (await send('POST', `${at}/url`, { url })),
    shows: async (xpath, place) => (await displayed(xpath, place)) !== undefined,
    click: async (xpath, place) => {
      const element = await displayed(xpath, place);
      if (element === undefined) return false;
      await send('POST', `${at}/element/${element}/click`);
      return true;
    },
    words: async () => {
      const all: unknown[] = [];
      for (const inFrame of [false, true]) {
        const body = await displayed('//body', { inFrame });
        all.push(body && (await send('GET', `${at}/element/${body}/text`)));
      }
      return JSON.stringify(all);
    },
    quit: async () => {
      await send('DELETE', at);
      await ended(server);
      if (screen !== null) await ended(screen.server);
    },
  };
}

/** In a container WebKit finds no sandbox to put pages into; they are ours. */
const AS_ROOT = { WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1' };

async function startScreen(xvfb: string): Promise<{ display: string; server: ChildProcess }> {
  const server = spawn(xvfb, ['-displayfd', '1', '-screen', '0', '1280x900x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const number = await new Promise<string>((resolve, reject) => {
    server.stdout.once('data', (chunk) => resolve(String(chunk).trim()));
    server.once('exit', (code) => reject(new Error(`Xvfb ended with ${code}`)));
  });
  return { display: `:${number}`, server };
}

async function ended(server: ChildProcess): Promise<void> {
  const gone = new Promise((resolve) => server.once('exit', resolve));
  server.kill();
  await gone;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
