import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openWork, startTestService, type TestService, until } from '../support/service.ts';
import { startChromium } from './chromium.ts';
import { listening } from './landingPage.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
/** What the example needs besides; the package itself needs nothing. */
const OTHERS = ['react', 'react-dom', '@types/react', '@types/react-dom'];

/** A requester's own folder: the React example, and the package as npm packs it. */
let folder: string;
let service: TestService;
let browser: Browser;
let server: Server;
let origin: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'retainer-package-'));
  const packed = await run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], { cwd: root });
  const [{ filename }] = JSON.parse(packed.stdout);
  await run('tar', ['-xzf', join(folder, filename), '-C', folder]);
  await cp(join(root, 'examples/react-landing-page'), folder, { recursive: true });
  await mkdir(join(folder, 'node_modules/@types'), { recursive: true });
  await run('mv', [join(folder, 'package'), join(folder, 'node_modules/retainer')]);
  for (const name of OTHERS) await symlink(join(root, 'node_modules', name), join(folder, 'node_modules', name));

  service = await startTestService();
  browser = await startChromium();
  server = createServer(async (request, response) => {
    const isScript = request.url === '/main.js';
    response.setHeader('Content-Type', isScript ? 'text/javascript' : 'text/html; charset=utf-8');
    const text = await readFile(join(folder, isScript ? 'main.js' : 'index.html'), 'utf8');
    response.end(text.replace('https://retainer.example.org', service.url));
  });
  origin = await listening(server);
});
afterAll(async () => {
  await browser?.close();
  server?.close();
  await service?.end();
  await rm(folder, { recursive: true, force: true });
});

const check = (...options: string[]) =>
  run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), ...options], { cwd: folder }).then(
    () => '',
    ({ stdout }: { stdout: string }) => stdout,
  );

test('retainer.js is one file under 19 KB (9 KB compressed) that needs no other', async () => {
  const file = join(folder, 'node_modules/retainer/dist/browser/retainer.js');
  const text = await readFile(file, 'utf8');
  expect(Buffer.byteLength(text)).toBeLessThan(19_000);
  expect(gzipSync(text).byteLength).toBeLessThan(9_000);
  expect(text).not.toMatch(/\bimport\b|\brequire\b/);
});

describe('the entry retainer/browser', () => {
  test('has types that a strict project accepts, and that catch mistakes', async () => {
    await writeFile(
      join(folder, 'consumer.ts'),
      `import { createRetainer, type RoomView } from 'retainer/browser';
      const retainer = createRetainer('https://retainer.example.org');
      const seen: RoomView[] = [];
      const room = retainer.wait({ attention: { everySeconds: 60 }, on: (event, view) => event === 'idle' && seen.push(view) });
      room.submit({ answer: 'run' });
      retainer.hasWork = ({ taskID }) => console.log(taskID);
      // @ts-expect-error a state is no event of its own making
      retainer.wait({ on: (event) => event === 'gone' });
      // @ts-expect-error the address is missing
      createRetainer();`,
    );
    expect(await check()).toBe('');
  });

  test('serves pages that load the script, with the global', async () => {
    const types = join(folder, 'node_modules/retainer/dist/browser/retainer.d.ts');
    const page = join(folder, 'global/page.ts');
    await mkdir(dirname(page), { recursive: true });
    await writeFile(page, 'Retainer.hasWork = ({ taskID }) => alert(taskID); Retainer.init(); window.Retainer.ping();');
    expect(await check('--noEmit', '--strict', '--lib', 'ES2022,DOM', page, types)).toBe('');
  });

  test('bundles with React, and takes a worker from the click to the submitted answer', async () => {
    await build({
      absWorkingDir: folder,
      entryPoints: ['main.tsx'],
      bundle: true,
      format: 'esm',
      jsx: 'automatic',
      outfile: join(folder, 'main.js'),
      define: { 'process.env.NODE_ENV': '"development"' },
    });
    const { hit, reservationId } = await openWork(service);
    const post = (path: string) =>
      fetch(`${service.url}/${path}`, { method: 'POST', body: new URLSearchParams({ id: reservationId }) });
    const shown = async (): Promise<{ workers: number; responded: number }> =>
      JSON.parse(await (await fetch(`${service.url}/reservation/${reservationId}`)).text());
    const tab = await browser.newPage();
    const errors: string[] = [];
    tab.on('pageerror', ({ message }) => errors.push(message));
    const visit = { workerId: 'W1', assignmentId: 'A1', hitId: hit, turkSubmitTo: `${service.url}/marketplace` };
    await tab.goto(`${origin}/?${new URLSearchParams(visit)}`);
    await tab.getByRole('button', { name: "I'm ready" }).click();
    await until(async () => (await shown()).workers === 1);
    await tab.getByRole('button', { name: 'Leave' }).click();
    await until(async () => (await shown()).workers === 0);
    await tab.getByRole('button', { name: 'Wait again' }).click();
    await until(async () => (await shown()).workers === 1);
    await post('reservation/invoke');
    await tab.getByRole('button', { name: 'Start' }).click();
    await tab.getByText('Task 42').waitFor();
    await until(async () => (await shown()).responded === 1);
    await tab.getByLabel('Name a verb').fill('run');
    const submits = tab.waitForRequest('**/mturk/externalSubmit');
    await tab.getByRole('button', { name: 'Submit' }).click();
    expect(Object.fromEntries(new URLSearchParams((await submits).postData() ?? ''))).toEqual({
      answer: 'run',
      assignmentId: 'A1',
    });
    expect(errors).toEqual([]);
  });
});
