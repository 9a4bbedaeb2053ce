import type { Browser, Response } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openWork, startTestService, type TestService, until } from '../support/service.ts';
import { startChromium } from './chromium.ts';
import { type Away, createGate, type Gate } from './gate.ts';
import { type LandingPage, type LandingPages, landingPages } from './landingPage.ts';

const WAYS: readonly Away[] = ['refuses', 'fails', 'is silent'];

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

/** Opens a page whose way to the service leads through the gate; its script itself is there at once. */
async function openBehind(gate: Gate, hitId: string): Promise<LandingPage> {
  const n = ++workers;
  return pages.open(
    { workerId: `W${n}`, assignmentId: `A${n}`, hitId },
    {
      script: `
        heard = [];
        Retainer.server = ${JSON.stringify(gate.url)};
        Retainer.hasWork = (data) => heard.push({ ...data });
        Retainer.init();
      `,
    },
  );
}
const reservation = async (id: string): Promise<{ workers: number; responded: number }> =>
  JSON.parse(await (await fetch(`${service.url}/reservation/${id}`)).text());
const invoke = async (id: string): Promise<void> => {
  const answer = await fetch(`${service.url}/reservation/invoke`, {
    method: 'POST',
    body: new URLSearchParams({ id }),
  });
  expect(await answer.text()).toBe('OK');
};
const isPinged = (response: Response): boolean => response.url().includes('/ping/') && response.status() === 200;

/** Both of the page's loops, the pings and the wait, have met a service that is away, and tried again. */
async function hasTriedAgain(page: LandingPage, from: number): Promise<void> {
  const tried = (isIt: (request: string) => boolean) => page.requests.slice(from).filter(isIt).length;
  await until(
    () => tried((request) => request.includes('/ping/')) >= 2 && tried((request) => !request.includes('/ping/')) >= 2,
  );
}

async function isDispatched(page: LandingPage, reservationId: string): Promise<void> {
  await invoke(reservationId);
  await until(async () => JSON.stringify(await page.heard()) === '[{"start":true,"taskID":42}]');
  await until(async () => (await reservation(reservationId)).responded === 1);
}

describe('a page whose service is away for a while (realtime-turk: both loops of its script ended for good at the first request that failed)', () => {
  test.concurrent.each(WAYS)('goes on by itself, when the service %s', async (away) => {
    const { hit, reservationId } = await openWork(service);
    const gate = await createGate(service.url);
    const page = await openBehind(gate, hit);
    await until(async () => (await reservation(reservationId)).workers === 1);
    const from = page.requests.length;
    await gate.shut(away);
    await hasTriedAgain(page, from);
    const pinged = page.tab.waitForResponse(isPinged);
    await gate.open();
    await pinged;
    await isDispatched(page, reservationId);
    await gate.close();
  });

  test.concurrent.each(WAYS)('begins by itself, when the service %s at first', async (away) => {
    const { hit, reservationId } = await openWork(service);
    const gate = await createGate(service.url);
    await gate.shut(away);
    const page = await openBehind(gate, hit);
    await hasTriedAgain(page, 0);
    expect((await reservation(reservationId)).workers).toBe(0);
    const pinged = page.tab.waitForResponse(isPinged);
    await gate.open();
    await pinged;
    await isDispatched(page, reservationId);
    await gate.close();
  });

  test.concurrent('hears of a call that came meanwhile', async () => {
    const { hit, reservationId } = await openWork(service);
    const gate = await createGate(service.url);
    const page = await openBehind(gate, hit);
    await until(async () => (await reservation(reservationId)).workers === 1);
    await gate.shut('refuses');
    await invoke(reservationId);
    expect(await page.heard()).toEqual([]);
    await gate.open();
    await until(async () => JSON.stringify(await page.heard()) === '[{"start":true,"taskID":42}]');
    await gate.close();
  });
});
