import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openWork, startTestService, type TestService, until } from '../support/service.ts';
import { startChromium } from './chromium.ts';
import { type LandingPage, type LandingPages, landingPages, type OpenOptions } from './landingPage.ts';
import { expectSound, openTab } from './pages.ts';

let service: TestService;
let browser: Browser;
let pages: LandingPages;
let workers = 0;
beforeAll(async () => {
  // Pages ping all the time here: silence is soon noticed, and nobody is ended for it.
  service = await startTestService({ PING_TIMEOUT_SECONDS: '10', PRESENCE_GRACE_SECONDS: '3600' });
  browser = await startChromium();
  pages = await landingPages(browser, service.url);
});
afterAll(async () => {
  await pages?.close();
  await browser?.close();
  await service?.end();
});

type Waiting = LandingPage & { readonly reservationId: string; readonly assignmentId: string };

async function arrivedAt(options: string, before?: OpenOptions['before']): Promise<Waiting> {
  const { hit, reservationId } = await openWork(service);
  const n = ++workers;
  const page = await pages.open(
    { workerId: `W${n}`, assignmentId: `A${n}`, hitId: hit },
    {
      script: `
        heard = [];
        Retainer.hasWork = (work) => heard.push(work);
        addEventListener('DOMContentLoaded', () => Retainer.wait({ on: (event) => heard.push(event), ${options} }));`,
      ...(before ? { before } : {}),
    },
  );
  return { ...page, reservationId, assignmentId: `A${n}` };
}
/** A worker who pressed *I'm ready*, and counts as waiting. */
async function waitingAt(options: string, before?: OpenOptions['before']): Promise<Waiting> {
  const page = await arrivedAt(options, before);
  await press(page.tab, "I'm ready");
  await count(page.reservationId, 1);
  return page;
}
const shown = async (id: string): Promise<{ workers: number; dispatched: number; responded: number }> =>
  JSON.parse(await (await fetch(`${service.url}/reservation/${id}`)).text());
const count = (id: string, workers: number) => until(async () => (await shown(id)).workers === workers);
const invoke = (id: string) =>
  fetch(`${service.url}/reservation/invoke`, { method: 'POST', body: new URLSearchParams({ id }) });
const press = (tab: Page, name: string) => tab.getByRole('button', { name, exact: true }).click();

describe('an attention check', () => {
  /** Of a page whose clock a test moves: so far apart that a busy machine asks nobody by itself. */
  const attention = (more = '') => `attention: { everySeconds: 600, withinSeconds: 600, ${more} }`;
  const waitingByClock = (options: string) => waitingAt(options, (tab) => tab.clock.install());
  const ASKED_MS = 601_000;

  test('finds out who does not react: they do not count, and are not called, until they answer', async () => {
    const { tab, reservationId, heard } = await waitingByClock(
      attention(`question: 'What is two and two?', answers: ['three', 'four'], isRight: (answer) => answer === 'four'`),
    );
    await tab.clock.fastForward(ASKED_MS);
    await tab.getByRole('alert').filter({ hasText: 'What is two and two?' }).waitFor();
    await tab.clock.fastForward(ASKED_MS);
    await tab.getByText('You are not counted until you answer.').waitFor();
    await count(reservationId, 0);
    expect((await heard()) as string[]).toEqual(expect.arrayContaining(['asked', 'idle']));
    await invoke(reservationId);
    expect((await shown(reservationId)).dispatched).toBe(0);
    // A wrong answer is none, and is said to be.
    await press(tab, 'three');
    await tab
      .getByRole('alert')
      .filter({ hasText: /^Not right\. What is two and two\?$/ })
      .waitFor();
    await tab.getByText('You are not counted until you answer.').waitFor();
    await press(tab, 'three');
    expect(await tab.getByRole('alert').textContent()).toBe('Not right. What is two and two?');
    // Had the answer counted, the next that the page says would be another.
    await tab.waitForResponse(/\/event\/idle/);
    expect((await shown(reservationId)).dispatched).toBe(0);
    await press(tab, 'four');
    await until(async () => (await shown(reservationId)).dispatched === 1);
    await press(tab, 'Start');
    await until(async () => (await shown(reservationId)).responded === 1);
  });

  test('is kept in the log: when they stopped reacting, and when they came back', async () => {
    const { tab, reservationId, assignmentId } = await waitingByClock(attention());
    await tab.clock.fastForward(ASKED_MS);
    await tab.getByRole('button', { name: "I'm here" }).waitFor();
    await tab.clock.fastForward(ASKED_MS);
    await count(reservationId, 0);
    await press(tab, "I'm here");
    await count(reservationId, 1);
    const { events } = await service.core.store.read(`presence-${assignmentId}`);
    const said = events.flatMap((event) => (event.type === 'WorkerPinged' ? event.data.pingType : []));
    expect(said.filter((one, n) => one !== said[n - 1])).toEqual(['waiting', 'idle', 'waiting']);
  });

  test('is not asked of those who use the page', async () => {
    const { tab, heard } = await waitingByClock(attention());
    for (let n = 0; n < 4; n++) {
      await tab.keyboard.press('Shift');
      await tab.clock.fastForward(300_000);
    }
    expect(await heard()).not.toContain('asked');
  });
});

test.each([
  ['', ''],
  [' in a browser that blocks beacons', 'navigator.sendBeacon = () => false;'],
  [' in one that has nothing but beacons', 'delete Request.prototype.keepalive;'],
])('whoever closes the page%s is gone at once, not when their pings are missed', async (_, script) => {
  const { tab, reservationId, assignmentId } = await waitingAt('', (page) => page.addInitScript(script));
  await tab.close({ runBeforeUnload: true });
  await count(reservationId, 0);
  const { events } = await service.core.store.read(`presence-${assignmentId}`);
  expect(events.map(({ data }) => data)).toContainEqual(expect.objectContaining({ pingType: 'left' }));
});

describe('a signed session', () => {
  const arrivals = async (assignmentId: string) =>
    (await service.core.store.read(`assignment-${assignmentId}`)).events.filter(({ type }) => type === 'WorkerArrived');

  test('goes on over a reload, and in a second tab', async () => {
    const { tab, reservationId, assignmentId } = await waitingAt('');
    expect(await arrivals(assignmentId)).toMatchObject([{ data: { isSigned: true } }]);
    await tab.reload();
    const second = await tab.context().newPage();
    const refused: number[] = [];
    for (const one of [tab, second])
      one.on('response', (response) => response.status() === 403 && refused.push(response.status()));
    await second.goto(tab.url());
    await press(second, "I'm ready");
    await count(reservationId, 1);
    await invoke(reservationId);
    await press(second, 'Start');
    await until(async () => (await shown(reservationId)).responded === 1);
    expect(refused).toEqual([]);
  });

  test('comes back to a browser that keeps nothing, once its worker was silent for long enough', async () => {
    const { tab, reservationId } = await waitingAt('', (page) =>
      page.addInitScript(`
        for (const name of ['localStorage', 'sessionStorage'])
          Object.defineProperty(window, name, { get: () => { throw new DOMException('denied', 'SecurityError'); } });`),
    );
    await tab.reload();
    await press(tab, "I'm ready");
    await tab.getByText('Not accepted').waitFor();
    await tab.getByText('Connected').waitFor();
    await count(reservationId, 1);
    await invoke(reservationId);
    await tab.getByText('There is work!').waitFor();
  });
});

test('a frame of another origin, which may not notify, opens a window that rings until Start', async () => {
  const { tab, reservationId } = await arrivedAt('');
  const market = await tab.context().newPage();
  await market.setContent(`<iframe src="${tab.url()}" width="600" height="400"></iframe>`);
  await tab.close();
  const frame = market.frameLocator('iframe');
  await frame.getByRole('button', { name: "I'm ready" }).click();
  await count(reservationId, 1);
  const opened = market.waitForEvent('popup');
  await frame.getByRole('button', { name: 'Ring in a window' }).click();
  const bell = await opened;
  await bell.getByRole('button', { name: 'Let it ring' }).click();
  await invoke(reservationId);
  await bell.getByRole('status').filter({ hasText: 'There is work!' }).waitFor();
  const closed = bell.waitForEvent('close');
  await frame.getByRole('button', { name: 'Start' }).click();
  await closed;
});

test('a window that no waiting room opened says so, and asks for nothing', async () => {
  const tab = await openTab(browser, `${service.url}/bell`);
  await tab.getByRole('status').filter({ hasText: 'Nothing to ring for' }).waitFor();
  await tab.getByText('opened from the page where you wait').waitFor();
  expect(await tab.getByRole('button').count()).toBe(0);
  await tab.clock.install();
  await tab.reload();
  await tab.getByText('opened from the page where you wait').waitFor();
  await tab.waitForLoadState('networkidle');
  const asked: string[] = [];
  tab.on('request', (request) => asked.push(request.url()));
  await tab.clock.runFor(60_000);
  expect(asked).toEqual([]);
  await expectSound(tab);
});
