import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { protoHit } from '../http/wire.ts';
import { openWork, startTestService, type TestService, until } from '../support/service.ts';
import { startChromium } from './chromium.ts';
import { type LandingPages, landingPages } from './landingPage.ts';
import { dashboard, JQUERY, landingPage, statusPage } from './originalPages.ts';

let service: TestService;
let browser: Browser;
let pages: LandingPages;
beforeAll(async () => {
  browser = await startChromium();
  pages = await landingPages(browser);
  // Its pages know no keys, and lie on an origin of their own.
  service = await startTestService({ ALLOWED_ORIGINS: pages.origin });
});
afterAll(async () => {
  await pages?.close();
  await browser?.close();
  await service?.end();
});

type Reservation = { workers: number; dispatched: number; responded: number; state: string };
const work = async (id: string): Promise<Reservation> =>
  JSON.parse(await (await fetch(`${service.url}/reservation/${id}`)).text());
const invoke = async (id: string): Promise<string> => {
  const body = new URLSearchParams({ id });
  return (await fetch(`${service.url}/reservation/invoke`, { method: 'POST', body })).text();
};

describe("a landing page of realtime-turk's with its own script, on another origin", () => {
  test.each(Object.entries(JQUERY))(
    'waits, is called and responds unchanged, with jQuery %s',
    async (version, jQuery) => {
      const { hit, reservationId } = await openWork(service);
      const ids = ['W1', `A${version}`, hit];
      const page = await pages.open({}, { alone: true, script: landingPage(service.url, ids, { jQuery }) });
      await until(async () => (await work(reservationId)).workers === 1);
      // It polls before it pings, and never again after an error: that it goes on shows that there was none.
      await until(async () => Number(await page.tab.evaluate('polled.length')) >= 3);
      expect(await page.tab.evaluate('polled[0]')).toEqual({ start: false });
      expect(await page.tab.evaluate('pinged[0]')).toBe('OK');
      expect(await invoke(reservationId)).toBe('OK');
      await until(async () => JSON.stringify(await page.heard()) === '[{"start":true,"taskID":42}]');
      await until(async () => (await work(reservationId)).responded === 1);
      // It counts as having responded before its page says so.
      await until(() => page.requests.some((request) => request.endsWith('/event/working')));
      expect(page.errors).toEqual([]);
    },
  );

  test('may leave for another page when there is work', async () => {
    const { hit, reservationId } = await openWork(service);
    const script = landingPage(service.url, ['W2', 'A2', hit], {
      hasWork: "location.href = '/the-work?task=' + data.taskID;",
    });
    const { tab, errors } = await pages.open({}, { alone: true, script });
    await until(async () => (await work(reservationId)).workers === 1);
    expect(await invoke(reservationId)).toBe('OK');
    await until(() => tab.url().endsWith('/the-work?task=42'));
    // It is told at the append, before queries show it.
    await until(async () => (await work(reservationId)).responded === 1);
    expect(await work(reservationId)).toMatchObject({ dispatched: 1, state: 'invoked' });
    expect(errors).toEqual([]);
  });

  test('may block in an alert when there is work, and goes on after it', async () => {
    const { hit, reservationId } = await openWork(service);
    const script = landingPage(service.url, ['W3', 'A3', hit], { hasWork: "alert('Task ' + data.taskID);" });
    const { tab, errors } = await pages.open({}, { alone: true, script });
    await until(async () => (await work(reservationId)).workers === 1);
    const alerted = tab.waitForEvent('dialog');
    expect(await invoke(reservationId)).toBe('OK');
    const dialog = await alerted;
    expect(dialog.message()).toBe('Task 42');
    await until(async () => (await work(reservationId)).dispatched === 1);
    await dialog.accept();
    await until(async () => (await work(reservationId)).responded === 1);
    expect(errors).toEqual([]);
  });
});

describe("a status page of realtime-turk's, on another origin", () => {
  test('parses the list itself, draws its rows, and its buttons do what they say', async () => {
    const { reservationId: id } = await openWork(service);
    const { reservationId: other } = await openWork(service);
    const { tab, errors } = await pages.open({}, { alone: true, script: statusPage(service.url) });
    const state = async (of: string): Promise<string | null> => {
      await tab.evaluate('draw()');
      return tab.locator(`#r${of} .state`).textContent();
    };
    await until(async () => (await state(id)) === 'Made');
    const press = (action: string) => tab.evaluate(`$('#r${id} button:contains(${action})').first().click()`);

    await press('reservation/invoke');
    await until(async () => (await state(id)) === 'Invoked');
    await press('reservation/finish');
    await until(async () => (await state(id)) === 'Done');
    await press('reservation/unfinish');
    await until(async () => (await state(id)) === 'Invoked');
    expect(await tab.evaluate('answers')).toMatchObject({ 'reservation/invoke': 'OK', 'reservation/unfinish': 'OK' });

    // The button of one type finishes that type.
    await press('reservation/finish/all');
    await until(async () => (await state(id)) === 'Done');
    expect(await state(other)).toBe('Made');
    await tab.evaluate(`$('#all').click()`);
    await until(async () => (await state(other)) === 'Done');
    expect(errors).toEqual([]);
  });

  test('has its sandbox box drawn and set, and its All button by GET', async () => {
    const { reservationId: id, protoHitId } = await openWork(service);
    const { tab, errors } = await pages.open({}, { alone: true, script: statusPage(service.url) });
    const box = tab.locator(`#r${id} input`);
    await until(() => box.isChecked());
    await box.click();
    const isSandbox = async () => {
      const body = new URLSearchParams({ id: protoHitId });
      return (await fetch(`${service.url}/protohit/sandbox/get`, { method: 'POST', body })).text();
    };
    await until(async () => (await isSandbox()) === 'false');
    await tab.evaluate(`$('#allByGet').click()`);
    await until(async () => (await work(id)).state === 'finished');
    expect(errors).toEqual([]);
  });
});

describe("a dashboard of realtime-turk's, which reads ids with parseInt, and IDS=numbers", () => {
  let numbering: TestService;
  beforeAll(async () => {
    numbering = await startTestService({ IDS: 'numbers', ALLOWED_ORIGINS: pages.origin });
  });
  afterAll(() => numbering?.end());

  test('makes, invokes, finishes and cancels', async () => {
    const { hit_type_id: _, ...unnamed } = protoHit({ hit_type_id: 'left out' });
    const script = dashboard(numbering.url, unnamed);
    const { tab, errors } = await pages.open({}, { alone: true, script });
    await tab.evaluate('makeProtoHit()');
    await until(() => tab.evaluate<boolean>('protoHitId === 1'));
    await tab.evaluate('makeReservation()');
    await until(() => tab.evaluate<boolean>('reservationId === 1'));
    const [listed] = JSON.parse(await (await fetch(`${numbering.url}/reservation/list`)).text());
    expect(listed).toMatchObject({ id: 1, proto: { id: 1 }, foreignID: 12345, state: 'made' });
    for (const [n, action] of ['invoke', 'finish', 'unfinish', 'cancel'].entries()) {
      await tab.evaluate(`press('${action}')`);
      await until(() => tab.evaluate<boolean>(`answers.length === ${n + 1}`));
    }
    expect(await tab.evaluate('answers')).toEqual(['OK', 'OK', 'OK', 'OK']);
    const after = JSON.parse(await (await fetch(`${numbering.url}/reservation/1`)).text());
    expect(after).toMatchObject({ id: 1, state: 'cancelled' });
    expect(errors).toEqual([]);
  });
});
