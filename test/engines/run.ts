import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { killLeftOvers, startServiceProcess } from '../faults/serviceProcess.ts';
import type { Engine } from './engine.ts';
import { firefox } from './firefox.ts';
import { goTheWay } from './theWay.ts';
import { webkit } from './webkit.ts';

/** Drives a browser through the way, on a service of its own. */
async function drive(start: () => Promise<Engine>): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'retainer-engines-'));
  try {
    const service = await startServiceProcess({ DATA_DIR: dataDir, SCHEDULER_INTERVAL_SECONDS: '1' });
    const engine = await start();
    try {
      await goTheWay(engine, service.url, (line) => process.stdout.write(`${engine.name}: ${line}\n`));
    } finally {
      await engine.quit();
      await service.terminate();
    }
  } finally {
    await killLeftOvers();
    await rm(dataDir, { recursive: true, force: true });
  }
}

/** All of them, or those that are named: `npm run test:browsers -- webkit`. */
const named = process.argv.slice(2);
const engines = [firefox, webkit].filter(({ what }) => named.length === 0 || named.includes(what.toLowerCase()));
let passed = 0;
let failed = 0;
for (const { what, package: name, start } of engines) {
  if (start === null) {
    process.stdout.write(`${what} was not found, so nothing is known of it: apt-get install ${name}\n`);
    continue;
  }
  try {
    await drive(start);
    passed++;
  } catch (error) {
    process.stdout.write(`FAILED: ${what}: ${error instanceof Error ? (error.stack ?? error.message) : error}\n`);
    failed++;
  }
}
process.stdout.write(`${passed} passed, ${failed} failed\n`);
if (passed + failed === 0) process.stdout.write('No browser was found to drive.\n');
process.exitCode = passed > 0 && failed === 0 ? 0 : 1;
