import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { chromium } from 'playwright-core';
import { chromiumOptions } from '../test/support/shared/chromium.ts';
import { seedBusyHouse } from './support/busyHouse.ts';
import { startRetainer } from './support/child.ts';
import { type Benchmark, compare } from './support/result.ts';

const RESERVATIONS = 10_000;
const WAITING = 5_000;
const WATCHED_MS = 15_000;
/** Browsers call a task long from here on: whoever types or clicks then feels it. */
const LONG_TASK_MS = 50;
const PINGS_A_SECOND = 500;

/** Pings of everybody in turn, until it is told to stop. */
function keepPinging(
  url: string,
  people: readonly { assignmentId: string; workerId: string; hitId: string }[],
): () => void {
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  const { hostname, port } = new URL(url);
  let n = 0;
  const timer = setInterval(() => {
    for (let k = 0; k < PINGS_A_SECOND / 20; k++) {
      const person = people[n++ % people.length];
      if (person === undefined) return;
      const { workerId, assignmentId, hitId } = person;
      const path = `/ping/worker/${workerId}/assignment/${assignmentId}/hit/${hitId}/event/waiting`;
      const sent = request({ hostname, port, path, method: 'POST', agent }, (response) => response.resume());
      sent.on('error', () => {});
      sent.end();
    }
  }, 50);
  return () => {
    clearInterval(timer);
    agent.destroy();
  };
}

/** Runs in the page: how long its tasks were that browsers call long. */
const OBSERVE = `window.longTasks = [];
  new PerformanceObserver((list) => window.longTasks.push(...list.getEntries().map(({ duration }) => duration)))
    .observe({ entryTypes: ['longtask'] });`;

/** The longest task of a status page in Chromium while people ping and a reservation is invoked, finished and opened again. */
export const status: Benchmark = async ({ freshDatabase, rounds, say }) => {
  const longest: number[] = [];
  const browser = await chromium.launch(chromiumOptions());
  for (let round = 0; round < rounds; round++) {
    const databaseUrl = await freshDatabase();
    const { assignments } = await seedBusyHouse(databaseUrl, { reservations: RESERVATIONS, waiting: WAITING });
    const server = await startRetainer(databaseUrl, { PING_TIMEOUT_SECONDS: '60' });
    const stop = keepPinging(server.url, assignments);
    try {
      const tab = await browser.newPage();
      tab.on('dialog', (dialog) => void dialog.accept());
      await tab.goto(`${server.url}/status?rows=125`);
      await tab.locator('#reservations tr').nth(124).waitFor({ timeout: 60_000 });
      await sleep(5_000);
      await tab.evaluate(OBSERVE);
      const until = performance.now() + WATCHED_MS;
      while (performance.now() < until) {
        await tab.locator('#reservations [data-cell=actions] button').first().click();
        await sleep(500);
      }
      const tasks = await tab.evaluate<number[]>('window.longTasks');
      say(`status: ${tasks.length} long tasks: ${tasks.map(Math.round).join(', ')} ms`);
      longest.push(Math.max(0, ...tasks));
      await tab.close();
    } finally {
      stop();
      await server.stop();
    }
  }
  await browser.close();
  return [
    compare(
      { name: 'status', against: 'a long task', unit: 'ms, longest task', goal: '≤ 1', isMet: (ratio) => ratio <= 1 },
      longest,
      longest.map(() => LONG_TASK_MS),
    ),
  ];
};
