import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ProtoHitId, ReservationId } from '../../src/domain/ids.ts';
import { fields } from '../support/events.ts';
import { postHit, startTestService, type TestService, until } from '../support/service.ts';
import { PATIENCE_MS } from '../support/until.ts';
import { startChromium } from './chromium.ts';
import { expectSound, looks, openTab } from './pages.ts';

let service: TestService;
let browser: Browser;
let made: readonly ReservationId[];
const MANY = 200;
const context = { actor: 'scheduler', requestId: 'test' } as const;

/** 200 reservations of four ProtoHITs, made for ever later; the thirty oldest of two of these are invoked, and lack people. */
beforeAll(async () => {
  [service, browser] = await Promise.all([startTestService(), startChromium()]);
  const { commands, caughtUp, store } = service.core;
  const protoHits = await Promise.all(
    [0, 1, 2, 3].map(async (n): Promise<ProtoHitId> => {
      const { hitTypeId: _, ...rest } = fields({ title: `Work ${n}` });
      const put = await commands.putProtoHit(context, { fields: rest });
      if (put.type === 'refused') throw new Error(put.refusal.message);
      return put.value;
    }),
  );
  const ids: ReservationId[] = [];
  for (let n = 0; n < MANY; n++) {
    const protoHitId = protoHits[n % 4];
    if (protoHitId === undefined) throw new Error('four were put');
    const reservation = await commands.makeReservation(context, {
      ...{ protoHitId, foreignId: `job-${n}`, payload: null, delaySeconds: 600 + 10 * n, numAssignments: 2 },
    });
    if (reservation.type === 'refused') throw new Error(reservation.refusal.message);
    ids.push(reservation.value);
    if (n === 2) await postHit(service, { protoHitId, recruitedFor: reservation.value, places: 3 });
  }
  for (const [n, reservationId] of ids.entries())
    if (n < 60 && n % 4 < 2) await commands.invokeReservation(context, { reservationId });
  await caughtUp.until(await store.head(), { timeoutMs: PATIENCE_MS });
  made = ids;
});
afterAll(async () => {
  await browser?.close();
  await service?.end();
});

const open = (query = '', look?: Parameters<typeof openTab>[2]) =>
  openTab(browser, `${service.url}/status${query}`, look);
const names = (tab: Page) => tab.locator('#reservations [data-cell=foreignId]').allTextContents();
const shown = (tab: Page, first: string) =>
  until(async () => (await names(tab))[0] === first && (await tab.locator('#reservations tr').count()) === 25);
const invoked = Array.from({ length: 60 }, (_, n) => n).filter((n) => n % 4 < 2);

test('what needs somebody stands first, and how many there are is said', async () => {
  const tab = await open();
  await shown(tab, 'job-0');
  expect(await names(tab)).toEqual(invoked.slice(0, 25).map((n) => `job-${n}`));
  await tab.locator('#count', { hasText: `25 of ${MANY}` }).waitFor();
  await tab.locator('#range', { hasText: `1 to 25 of ${MANY}` }).waitFor();
  await tab.locator('#missing', { hasText: `${2 * invoked.length} / ${2 * MANY}` }).waitFor();
});

test('pages are turned, and the address says which is shown; what comes then is expected soonest', async () => {
  const tab = await open();
  await shown(tab, 'job-0');
  expect(await tab.getByRole('button', { name: 'Previous' }).isDisabled()).toBe(true);
  await tab.getByRole('button', { name: 'Next' }).click();
  await tab.locator('#range', { hasText: `26 to 50 of ${MANY}` }).waitFor();
  expect((await names(tab)).slice(0, 7)).toEqual([...invoked.slice(25), 2, 3].map((n) => `job-${n}`));
  expect(tab.url()).toContain('page=2');
  await tab.reload();
  await tab.locator('#range', { hasText: `26 to 50 of ${MANY}` }).waitFor();
  await tab.getByLabel('State').selectOption('made');
  await tab.locator('#range', { hasText: `1 to 25 of ${MANY - invoked.length}` }).waitFor();
  await tab.getByLabel('rows').selectOption('500');
  await tab.locator('#range', { hasText: `1 to 170 of 170` }).waitFor();
  expect(await tab.getByRole('button', { name: 'Next' }).isDisabled()).toBe(true);
});

test('a page that is past the end is the last one, and one of older ones leads back', async () => {
  const tab = await open('?page=99');
  await tab.locator('#range', { hasText: `176 to 200 of ${MANY}` }).waitFor();
  await tab.goto(`${service.url}/status?before=${made[3]}`);
  await tab.locator('#range', { hasText: '1 to 3 of 3' }).waitFor();
  await tab.getByRole('link', { name: 'Back to the newest' }).waitFor();
});

test('says what the market has for whom, and counts open places apart from taken ones', async () => {
  const tab = await open('?search=job-2&rows=500');
  const row = tab.locator('#reservations tr', { has: tab.locator(`a[href="/status/reservation/${made[2]}"]`) });
  await row.locator('[data-cell=market]', { hasText: '3 on the market for 2 missing' }).waitFor();
  await tab.locator('#market', { hasText: '3 open, 0 taken' }).waitFor();
});

test.each(looks)(
  'no button shouts, no field of the plots is empty, and it is sound ($scheme, $width)',
  async (look) => {
    const tab = await open('', look);
    await shown(tab, 'job-0');
    await tab.locator('#poolPlot canvas').waitFor();
    expect(await tab.locator('#reservations button.main').count()).toBe(0);
    // Every row of plots reaches from edge to edge.
    const gaps = await tab.evaluate<number[]>(`(() => {
    const grid = document.querySelector('.plots').getBoundingClientRect();
    const rows = new Map();
    for (const plot of document.querySelectorAll('.plot')) {
      const { top, right } = plot.getBoundingClientRect();
      rows.set(top, Math.max(rows.get(top) ?? 0, right));
    }
    return [...rows.values()].map((right) => Math.round(grid.right - right));
  })()`);
    expect(new Set(gaps)).toEqual(new Set([0]));
    await expectSound(tab);
  },
);

test('on a phone twenty-five rows are a few screens, and the plots a press away', async () => {
  const tab = await open('', { scheme: 'light', width: 390 });
  await shown(tab, 'job-0');
  const height = await tab.locator('#reservations').evaluate((list) => list.getBoundingClientRect().height);
  expect(height / 25).toBeLessThan(150);
  await tab.getByRole('link', { name: 'To the plots' }).click();
  await until(() =>
    tab
      .locator('#overTime')
      .evaluate((title) => title.getBoundingClientRect().top < title.ownerDocument.documentElement.clientHeight),
  );
});
