import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openWork, startTestService, type TestService, until } from '../support/service.ts';
import { startChromium } from './chromium.ts';
import { openTab } from './pages.ts';
import { says, seen } from './rooms.ts';

let service: TestService;
let browser: Browser;
beforeAll(async () => {
  service = await startTestService();
  browser = await startChromium();
});
afterAll(async () => {
  await browser?.close();
  await service?.end();
});

/** More than a browser opens connections to one host over HTTP/1.1. */
const TABS = 8;

type Shown = { readonly workers: number; readonly dispatched: number };
const shown = async (id: string): Promise<Shown> =>
  JSON.parse(await (await fetch(`${service.url}/reservation/${id}`)).text());

/** What happens in a browser that has the locks by which tabs share connections, and in one (over plain http) that has not. */
describe.each([
  ['tabs that can tell each other', ''],
  ['tabs that cannot', "Object.defineProperty(Navigator.prototype, 'locks', { get: () => undefined });"],
])('%s', (_, script) => {
  test('all wait and are all called, in one browser without HTTP/2, and other pages load', async () => {
    const { hit, reservationId } = await openWork(service, { numAssignments: TABS });
    const first = await openTab(browser, 'about:blank');
    await first.context().addInitScript(script);
    const tabs = [first];
    while (tabs.length < TABS) tabs.push(await first.context().newPage());
    const rooms = tabs.map(seen);
    for (const [n, tab] of tabs.entries()) {
      const who = `${script === '' ? 'L' : 'N'}${n}`;
      const visit = new URLSearchParams({ workerId: `W${who}`, assignmentId: `A${who}`, hitId: hit });
      await tab.goto(`${service.url}/example?${visit}`, { waitUntil: 'commit' });
      await rooms[n]?.button("I'm ready").click();
    }
    await until(async () => (await shown(reservationId)).workers === TABS);
    const other = await first.context().newPage();
    await other.goto(`${service.url}/status`, { waitUntil: 'commit' });
    await other.getByRole('heading', { level: 1 }).waitFor();
    // Nobody is called twice, and nobody is missed, because nobody's pings are.
    await until(async () => (await shown(reservationId)).workers === TABS);
    const asked = fetch(`${service.url}/reservation/invoke`, {
      method: 'POST',
      body: new URLSearchParams({ id: reservationId }),
    });
    expect(await (await asked).text()).toBe('OK');
    for (const room of rooms) await says(room, 'There is work!');
    expect((await shown(reservationId)).dispatched).toBe(TABS);
  });
});

test('operators’ live pages in many tabs are all live, and leave room for others', async () => {
  const { reservationId } = await openWork(service);
  const first = await openTab(browser, `${service.url}/status`);
  const tabs = [first];
  while (tabs.length < TABS) {
    const tab = await first.context().newPage();
    await tab.goto(`${service.url}/status`, { waitUntil: 'commit' });
    tabs.push(tab);
  }
  for (const tab of tabs) await tab.locator('#state', { hasText: 'live' }).waitFor();
  const open = async (tab: Page): Promise<number> => Number(await tab.locator('#open').textContent());
  const before = await open(first);
  const asked = fetch(`${service.url}/reservation/finish`, {
    method: 'POST',
    body: new URLSearchParams({ id: reservationId }),
  });
  expect(await (await asked).text()).toBe('OK');
  for (const tab of tabs) await until(async () => (await open(tab)) === before - 1);
});
