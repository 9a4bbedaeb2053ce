import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openWork, startTestService, type TestService, until } from '../support/service.ts';
import { startChromium } from './chromium.ts';
import { type LandingPage, type LandingPages, landingPages } from './landingPage.ts';

let service: TestService;
let browser: Browser;
let pages: LandingPages;
let workers = 0;
beforeAll(async () => {
  service = await startTestService();
  browser = await startChromium();
  pages = await landingPages(browser, service.url);
});
afterAll(async () => {
  await pages?.close();
  await browser?.close();
  await service?.end();
});

const TASK = { start: true, taskID: 42 };

/** A worker's visit as Mechanical Turk puts it into the page's address. */
const visitTo = (hitId: string) => {
  const n = ++workers;
  return { workerId: `W${n}`, assignmentId: `A${n}`, hitId, turkSubmitTo: 'https://www.mturk.com' };
};
const ask = async (path: string, parameters: Record<string, string>): Promise<void> => {
  const answer = await fetch(`${service.url}/${path}`, { method: 'POST', body: new URLSearchParams(parameters) });
  expect(await answer.text()).toBe('OK');
};
const reservation = async (id: string): Promise<{ workers: number; dispatched: number; responded: number }> =>
  JSON.parse(await (await fetch(`${service.url}/reservation/${id}`)).text());
const someoneWaits = (id: string) => until(async () => (await reservation(id)).workers === 1);
const hears = (page: LandingPage, expected: readonly unknown[]) =>
  until(async () => JSON.stringify(await page.heard()) === JSON.stringify(expected));
const of = (page: LandingPage, part: string): readonly string[] =>
  page.requests.filter((request) => request.includes(part));
/** So much time passes for the page, and whatever it asked for then is known. */
const passes = async ({ tab }: LandingPage, ms: number): Promise<void> => {
  await tab.clock.runFor(ms);
  await tab.evaluate(`fetch('/later').then((answer) => answer.text())`);
};
const byClock = (tab: Page): Promise<void> => tab.clock.install();
/** Lets nothing through to the service's paths that begin so. */
const without =
  (...beginnings: readonly string[]) =>
  (tab: Page): Promise<unknown> =>
    tab.route(
      (url) => beginnings.some((beginning) => `${url.pathname}${url.search}`.startsWith(beginning)),
      (route) => route.abort(),
    );

describe('a landing page on another origin', () => {
  test('waits, is called at once over its stream, and says that the worker responded', async () => {
    const { hit, reservationId } = await openWork(service);
    const page = await pages.open(visitTo(hit));
    await someoneWaits(reservationId);
    expect(await page.heard()).toEqual([]);
    await ask('reservation/invoke', { id: reservationId });
    await hears(page, [TASK]);
    await until(async () => (await reservation(reservationId)).responded === 1);
    expect(of(page, '/event/waiting').length).toBeGreaterThan(0);
    expect(of(page, '/wait/')).toHaveLength(1);
    // Only whether the place is theirs, once they are at work.
    const asked = page.requests.findIndex((request) => request.includes('/gettask/'));
    expect(asked).toBeGreaterThan(page.requests.findIndex((request) => request.endsWith('/event/working')));
  });

  test('goes on pinging while the worker works, and hears of its task once', async () => {
    const { hit, reservationId } = await openWork(service);
    const page = await pages.open(visitTo(hit));
    await someoneWaits(reservationId);
    await ask('reservation/invoke', { id: reservationId });
    await until(() => of(page, '/event/working').length >= 3);
    expect(await page.heard()).toEqual([TASK]);
    expect(page.requests.at(-1)).toMatch(/working$/);
  });

  test('is told again after it was loaded again', async () => {
    const { hit, reservationId } = await openWork(service);
    const page = await pages.open(visitTo(hit));
    await someoneWaits(reservationId);
    await ask('reservation/invoke', { id: reservationId });
    await hears(page, [TASK]);
    await page.tab.reload();
    await hears(page, [TASK]);
  });

  test('is told when the wait is over, and says no more', async () => {
    const { hit, reservationId } = await openWork(service);
    // Workers of its own have clocks that no test moves: here the page pings by itself.
    const page = await pages.open(visitTo(hit), { policy: "worker-src 'none'", before: byClock });
    await someoneWaits(reservationId);
    await ask('reservation/cancel', { id: reservationId });
    await hears(page, ['released']);
    const said = page.requests.length;
    await passes(page, 60_000);
    expect(page.requests).toHaveLength(said);
  });

  test('does nothing in a preview', async () => {
    const { hit } = await openWork(service);
    const { workerId: _, ...visit } = visitTo(hit);
    for (const query of [{ ...visit, assignmentId: 'ASSIGNMENT_ID_NOT_AVAILABLE' }, {}]) {
      const page = await pages.open(query, { before: byClock });
      await passes(page, 60_000);
      expect(page.tab.workers()).toEqual([]);
      expect(page.requests).toEqual([]);
    }
  });

  test('may name the worker itself, as the original’s pages do, or be addressed with underscores', async () => {
    const { hit, reservationId } = await openWork(service, { numAssignments: 2 });
    const [first, second] = [visitTo(hit), visitTo(hit)];
    const ids = [first.workerId, first.assignmentId, hit].map((id) => JSON.stringify(id)).join(', ');
    const script = `heard = []; Retainer.hasWork = function (data) { heard.push(data) }; Retainer.init(${ids})`;
    const itself = await pages.open({}, { script });
    const addressed = await pages.open({
      worker_id: second.workerId,
      assignment_id: second.assignmentId,
      hit_id: second.hitId,
    });
    await until(async () => (await reservation(reservationId)).workers === 2);
    await ask('reservation/invoke', { id: reservationId });
    await hears(itself, [TASK]);
    await hears(addressed, [TASK]);
  });

  test('may assign hasWork after the call came', async () => {
    const { hit, reservationId } = await openWork(service);
    const page = await pages.open(visitTo(hit), { script: 'heard = []; Retainer.init()' });
    await someoneWaits(reservationId);
    await ask('reservation/invoke', { id: reservationId });
    await until(() => of(page, '/event/working').length > 1);
    await page.tab.evaluate('Retainer.hasWork = (data) => heard.push(data); Retainer.hasWork = Retainer.hasWork; 0');
    await hears(page, [TASK]);
  });

  test('may fail in hasWork: the worker stays at work, and the error is reported', async () => {
    const { hit, reservationId } = await openWork(service);
    const script = 'heard = []; Retainer.hasWork = () => { throw new Error("of the page") }; Retainer.init()';
    const page = await pages.open(visitTo(hit), { script });
    await someoneWaits(reservationId);
    await ask('reservation/invoke', { id: reservationId });
    await until(() => of(page, '/event/working').length >= 2);
    await until(() => page.errors.length > 0);
    expect(page.errors).toEqual(['of the page']);
  });
});

describe('where not everything gets through', () => {
  test('a page that gets no streams waits by polls that are held', async () => {
    const { hit, reservationId } = await openWork(service);
    const page = await pages.open(visitTo(hit), { before: async (tab) => void (await without('/wait/')(tab)) });
    await until(() => of(page, '/wait/').length === 3);
    await page.tab.waitForTimeout(3_000);
    // Held: it asks once, not every second.
    const asked = of(page, '/gettask/').length;
    expect(asked).toBeLessThanOrEqual(4);
    await ask('reservation/invoke', { id: reservationId });
    await hears(page, [TASK]);
    const isBefore = page.requests.slice(
      0,
      page.requests.findIndex((request) => request.endsWith('/event/working')),
    );
    expect(isBefore.filter((request) => request.includes('/gettask/'))).toHaveLength(asked);
  });

  test('a page that gets no held polls either asks every second', async () => {
    const { hit, reservationId } = await openWork(service);
    const page = await pages.open(visitTo(hit), {
      before: async (tab) => {
        await without('/wait/')(tab);
        await tab.route(/\/gettask\/.*wait=25/, (route) => route.abort());
      },
    });
    await until(() => of(page, '/gettask/').length >= 12);
    await ask('reservation/invoke', { id: reservationId });
    await hears(page, [TASK]);
  });

  test('a call that a stream swallowed is heard of all the same', async () => {
    const { hit, reservationId } = await openWork(service);
    const page = await pages.open(visitTo(hit), {
      before: async (tab) => {
        await tab.clock.install();
        // A proxy that collects what it should pass on: the stream opens, and nothing ever comes.
        await tab.addInitScript(`
          window.EventSource = class extends EventTarget {
            static CLOSED = 2;
            readyState = 1;
            constructor() { super(); setTimeout(() => this.onopen(), 10); }
            close() { this.readyState = 2; }
          };
        `);
      },
    });
    await someoneWaits(reservationId);
    await ask('reservation/invoke', { id: reservationId });
    await until(async () => (await reservation(reservationId)).dispatched === 1);
    expect(await page.heard()).toEqual([]);
    await page.tab.clock.fastForward(35_000);
    await hears(page, [TASK]);
  });

  test('a page whose policy forbids workers of its own pings all the same', async () => {
    const { hit, reservationId } = await openWork(service);
    const page = await pages.open(visitTo(hit), { policy: "worker-src 'none'" });
    await someoneWaits(reservationId);
    await until(() => of(page, '/event/waiting').length >= 3);
  });
});
