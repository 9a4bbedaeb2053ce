import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runRetainer } from '../faults/serviceProcess.ts';
import { happened } from '../scheduler/happened.ts';
import { startTestService, type TestService, until } from '../support/service.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'demo-test-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('tells the whole story on a running service, with a missed call whose slot goes to the next', async () => {
  // Its rounds are an hour apart: all that the story waits for happens at once.
  const service: TestService = await startTestService({
    SCHEDULER_INTERVAL_SECONDS: '3600',
    ...{ RESPONSE_TIMEOUT_SECONDS: '6', PING_TIMEOUT_SECONDS: '10' },
  });
  try {
    const { code, stdout, stderr } = await runRetainer(['demo', '--url', service.url], { LOG_LEVEL: 'warn' });
    expect(stderr).toBe('');
    expect(stdout).toContain('does not notice the call');
    expect(stdout).toMatch(/3 of 3 slots filled, \d\.\d\d dollars paid/);
    expect(code).toBe(0);

    const { store } = service.core;
    const missed = (await happened(store, 'SlotReopened')).filter(({ data }) => data.reason === 'neverResponded');
    const called = await happened(store, 'WorkerDispatched');
    for (const { data } of missed) {
      const first = called.find((one) => one.data.assignmentId === data.assignmentId);
      expect(data.at - (first?.data.at ?? 0)).toBeGreaterThanOrEqual(6_000);
    }
    expect(missed.length).toBeGreaterThanOrEqual(1);
    expect(called.length).toBeGreaterThanOrEqual(4);
  } finally {
    await service.end();
  }
});

// Twice, because npm hands on the signal that the terminal has sent to all of its processes.
test.each(['SIGINT', 'SIGTERM'] as const)(
  '%s in the middle of it leaves no PostgreSQL and no folder',
  async (signal) => {
    const home = await mkdtemp(join(folder, 'interrupted-'));
    const child = spawn(process.execPath, ['dist/main.js', 'demo'], {
      env: { PATH: process.env['PATH'], HOME: process.env['HOME'], TMPDIR: home, PUBLIC_URL: 'http://127.0.0.1:9' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    child.stdout.on('data', (chunk) => {
      said += chunk;
    });
    const ended = once(child, 'close');
    try {
      await until(() => said.includes('simulated workers come'), 120_000);
      const pid = await postmasterIn(home);
      expect(isRunning(pid)).toBe(true);
      child.kill(signal);
      child.kill(signal);
      expect(await ended).toEqual([130, null]);
      expect(isRunning(pid)).toBe(false);
      expect((await readdir(home)).filter((name) => name.startsWith('retainer-demo-'))).toEqual([]);
    } finally {
      child.kill('SIGKILL');
    }
  },
);

async function postmasterIn(home: string): Promise<number> {
  const files = await readdir(home, { recursive: true });
  const file = files.find((name) => name.endsWith('postmaster.pid'));
  if (file === undefined) throw new Error(`no PostgreSQL was started below ${home}`);
  return Number((await readFile(join(home, file), 'utf8')).split('\n')[0]);
}

const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};
