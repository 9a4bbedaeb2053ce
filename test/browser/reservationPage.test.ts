import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { AssignmentId, MarketplaceHitId, WorkerId } from '../../src/domain/ids.ts';
import { OperatorName } from '../../src/domain/operator.ts';
import { openWork, postHit, startTestService, type TestService } from '../support/service.ts';
import { PATIENCE_MS } from '../support/until.ts';
import { startChromium } from './chromium.ts';
import { expectSound, looks, openTab } from './pages.ts';

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

const context = { actor: 'scheduler', requestId: 'test' } as const;
const ping = (hit: string, n: number, type: 'waiting' | 'working') =>
  fetch(`${service.url}/ping/worker/W${n}/assignment/A${hit}${n}/hit/${hit}/event/${type}`, { method: 'POST' });
const open = (id: string, query = '') => openTab(browser, `${service.url}/status/reservation/${id}${query}`);
const bar = (tab: Page, worker: string) => tab.locator('#people li', { has: tab.getByText(worker, { exact: true }) });
/** Is all of it seen? */
const isWithin = async (part: Locator, around: string): Promise<boolean> => {
  const [inner, outer] = [await part.boundingBox(), await part.page().locator(around).boundingBox()];
  if (inner === null || outer === null) return false;
  return inner.x >= outer.x && inner.x + inner.width <= outer.x + outer.width;
};
const isLive = (tab: Page) => tab.locator('#state', { hasText: 'live' }).waitFor();

describe("a reservation's page", () => {
  test('tells the story while it happens: bars, marks, words, and why somebody was not called', async () => {
    const { reservationId, hit } = await openWork(service, { numAssignments: 1 });
    const tab = await open(reservationId);
    tab.on('dialog', (dialog) => void dialog.accept());
    await isLive(tab);
    await tab.getByText('Nobody has come so far.').waitFor();
    await tab.locator('#market', { hasText: '100 on the market for 1 missing' }).waitFor();
    await ping(hit, 1, 'waiting');
    await bar(tab, 'W1').locator('.stretch.waiting').waitFor();
    await ping(hit, 2, 'waiting');
    await bar(tab, 'W2').locator('.stretch.waiting').waitFor();
    // Whoever was heard of last is sure to be there, however long this took.
    await ping(hit, 1, 'waiting');
    const { caughtUp, store } = service.core;
    await caughtUp.until(await store.head(), { timeoutMs: PATIENCE_MS });

    await tab.getByRole('button', { name: 'invoke 42' }).click();
    await bar(tab, 'W1').locator('.stretch.called').waitFor();
    await tab.locator('#places .figure.dispatched').waitFor();
    await ping(hit, 1, 'working');
    await bar(tab, 'W1').locator('.stretch.working').waitFor();
    await tab.locator('#places .figure.responded').waitFor();
    expect(await tab.locator('#held').textContent()).toBe('1 of 1');
    expect(await tab.locator('#marks .mark').allTextContents()).toEqual(['made', 'invoked']);
    await bar(tab, 'W1')
      .locator('[data-cell=words]', { hasText: /^waited .+, was called for .+, is at work$/ })
      .waitFor();

    await bar(tab, 'W2').locator('summary').focus();
    await tab.keyboard.press('Enter');
    await bar(tab, 'W2')
      .getByText(/^Not called: /)
      .waitFor();
    await bar(tab, 'W2')
      .getByText(/^Not paid: /)
      .waitFor();

    await tab.getByRole('button', { name: 'finish 42' }).click();
    await tab.locator('#phase', { hasText: 'finished' }).waitFor();
    await tab.locator('#lines').getByText('The reservation was finished').waitFor();
    await tab.locator('#summary', { hasText: '1 worker was called.' }).waitFor();
    // One clock on the page: the log's own is for those who read the event.
    expect(await tab.locator('#summary').textContent()).not.toMatch(/\d{4}-\d\d-\d\dT/);
    expect(await bar(tab, 'W1').textContent()).not.toMatch(/\d{4}-\d\d-\d\dT/);
    await tab.getByRole('button', { name: 'event of line 2', exact: true }).waitFor();
    await tab.locator('#marks .mark', { hasText: 'finished' }).waitFor();
  });

  test("a mark's words stand before its line where there is no room behind it", async () => {
    const { reservationId } = await openWork(service);
    await service.core.commands.invokeReservation(context, { reservationId });
    const story = await fetch(`${service.url}/reservation/${reservationId}/history?format=json`);
    const { lines } = z.object({ lines: z.array(z.object({ time: z.string() })) }).parse(await story.json());
    const invokedAt = Date.parse(lines.at(-1)?.time ?? '');
    // Seen as it was then, the picture ends with this mark, and does not go on while we look.
    const tab = await open(reservationId, `?asOf=${invokedAt}`);
    await tab.locator('#marks .mark.atTheEnd', { hasText: 'invoked' }).waitFor();
    await tab.locator('#marks .mark:not(.atTheEnd)', { hasText: 'made' }).waitFor();
    for (const mark of await tab.locator('#marks .mark').all()) expect(await isWithin(mark, '#timeline')).toBe(true);
  });

  test('shows its own people; who only waited at the time is counted, and shown to who asks', async () => {
    const { protoHitId, reservationId, hit } = await openWork(service);
    const other = await postHit(service, { protoHitId });
    await ping(hit, 1, 'waiting');
    await ping(other, 2, 'waiting');
    await service.core.commands.invokeReservation(context, { reservationId });
    const tab = await open(reservationId);
    const others = tab.locator('#others > summary', { hasText: '1 other waited at the time: show' });
    await others.waitFor();
    expect(await isWithin(others, '#timeline')).toBe(true);
    expect(await tab.locator('#timeline li', { hasText: 'W2' }).count()).toBe(0);
    await others.focus();
    await tab.keyboard.press('Enter');
    const passedOver = tab.locator('#otherPeople li', { has: tab.getByText('W2', { exact: true }) });
    await passedOver.locator('.stretch.waiting').waitFor();
    await isLive(tab);
    await passedOver.locator('summary').click();
    await passedOver.getByText(/^Not called: /).waitFor();
    // The same of how it was once.
    await tab.locator('#asOf').focus();
    await tab.keyboard.press('ArrowLeft');
    await tab.locator('#state', { hasText: 'as it was' }).waitFor();
    await passedOver.waitFor();
    await others.click();
    await passedOver.waitFor({ state: 'detached' });
  });

  test('of 3 people among 200 others it lists 3', async () => {
    const { protoHitId, reservationId, hit } = await openWork(service, { numAssignments: 3 });
    const elsewhere = await postHit(service, { protoHitId, places: 200 });
    const { commands, caughtUp, store } = service.core;
    // Not over HTTP: so many from one address at once are more than it lets in.
    const came = async (posted: string, n: number) => {
      const marketplaceHitId = MarketplaceHitId.parse(posted);
      const [workerId, assignmentId] = [WorkerId.parse(`W${n}`), AssignmentId.parse(`A${marketplaceHitId}${n}`)];
      const asked = { workerId, assignmentId, marketplaceHitId, pingType: 'waiting' } as const;
      expect((await commands.ping(context, asked)).type).toBe('done');
    };
    for (const n of [1, 2, 3]) await came(hit, n);
    for (let n = 10; n < 210; n++) await came(elsewhere, n);
    await caughtUp.until(await store.head(), { timeoutMs: PATIENCE_MS });
    await service.core.commands.invokeReservation(context, { reservationId });
    const tab = await open(reservationId);
    await tab.locator('#others > summary', { hasText: '200 others waited at the time' }).waitFor();
    expect(await tab.locator('#people li').count()).toBe(3);
    expect(await tab.locator('#timeline li', { hasText: /W\d/ }).count()).toBe(3);
  });

  test('marks whose page shows no token, and nobody else', async () => {
    const { reservationId, hit } = await openWork(service, { numAssignments: 2 });
    await ping(hit, 1, 'waiting');
    await fetch(`${service.url}/ping/worker/W2/assignment/A${hit}2/hit/${hit}/event/waiting?token=`, {
      method: 'POST',
    });
    await service.core.commands.invokeReservation(context, { reservationId });
    const tab = await open(reservationId);
    await bar(tab, 'W1').getByText('unsigned').waitFor();
    await bar(tab, 'W2').waitFor();
    expect(await bar(tab, 'W2').getByText('unsigned').isVisible()).toBe(false);
    expect(await tab.locator('#hits').getByText('unsigned').isVisible()).toBe(false);
  });

  test('an event can be seen as the log holds it, by keyboard alone', async () => {
    const { reservationId } = await openWork(service);
    const tab = await open(reservationId);
    const line = tab.locator('#lines li').first();
    await line.getByRole('button', { name: 'event' }).focus();
    await tab.keyboard.press('Enter');
    await line.locator('pre', { hasText: '"type": "ReservationMade"' }).waitFor();
    await tab.keyboard.press('Enter');
    await line.locator('pre').waitFor({ state: 'hidden' });
  });

  test('is shown as it was at a moment, and comes back to now', async () => {
    const { reservationId } = await openWork(service);
    const tab = await open(reservationId);
    await isLive(tab);
    // An event of the very same millisecond is known then.
    const before = Date.now() - 1;
    await service.core.commands.invokeReservation(context, { reservationId });
    await tab.locator('#phase', { hasText: 'invoked' }).waitFor();
    await tab.goto(`${service.url}/status/reservation/${reservationId}?asOf=${before}`);
    await tab.locator('#phase', { hasText: 'made' }).waitFor();
    await tab.locator('#state', { hasText: 'as it was' }).waitFor();
    expect(await tab.locator('#actions').isHidden()).toBe(true);
    expect(await tab.locator('#sandbox').isDisabled()).toBe(true);
    await tab.getByRole('button', { name: 'Back to now' }).click();
    await tab.waitForURL((url) => url.search === '');
    await tab.locator('#phase', { hasText: 'invoked' }).waitFor();
    await isLive(tab);
    await tab.locator('#asOf').focus();
    await tab.keyboard.press('Home');
    await tab.locator('#state', { hasText: 'as it was' }).waitFor();
    // What is seen has an address.
    await tab.waitForURL(/\?asOf=\d{13}$/);
    await tab.reload();
    await tab.locator('#state', { hasText: 'as it was' }).waitFor();
  });

  test('a moment that is none is refused with what would be right, and so is one before there was a reservation', async () => {
    const { reservationId } = await openWork(service);
    const story = (asOf: string) => fetch(`${service.url}/status/reservation/${reservationId}/story?asOf=${asOf}`);
    const none = await story('yesterday');
    expect([none.status, await none.text()]).toEqual([400, expect.stringContaining('asOf must be a time such as')]);
    expect((await story('1000')).status).toBe(404);
  });

  test('one that does not exist is a page that says so', async () => {
    const answer = await fetch(`${service.url}/status/reservation/01a20bbb-431d-71db-b37a-bebe828f200c`);
    expect([answer.status, await answer.text()]).toEqual([404, expect.stringContaining('no such reservation')]);
    expect((await fetch(`${service.url}/status/reservation/nonsense/feed`)).status).toBe(404);
  });

  test.each(looks)('with a crowd of 40 it is sound in a $scheme scheme at $width pixels', async (look) => {
    const { protoHitId, reservationId, hit } = await openWork(service, { numAssignments: 20 });
    await Promise.all(Array.from({ length: 40 }, (_, n) => ping(hit, n, 'waiting')));
    await ping(await postHit(service, { protoHitId }), 40, 'waiting');
    await service.core.commands.invokeReservation(context, { reservationId });
    const tab = await openTab(browser, `${service.url}/status/reservation/${reservationId}`, look);
    await tab.locator('#people li .called').nth(19).waitFor();
    await tab.locator('#others > summary').click();
    await tab.locator('#otherPeople li.other').waitFor();
    expect(await tab.locator('#people li').count()).toBe(40);
    await bar(tab, 'W0').locator('summary').click();
    await expectSound(tab);
  });
});

test('of a service that is not open to all, who is not signed in is sent to sign in', async () => {
  const closed = await startTestService();
  const { reservationId } = await openWork(closed);
  await closed.core.commands.addOperator(context, { operator: OperatorName.parse('ann'), password: 'correct horse' });
  for (const path of ['', '/feed', '/story?asOf=now']) {
    const answer = await fetch(`${closed.url}/status/reservation/${reservationId}${path}`, { redirect: 'manual' });
    expect([answer.status, answer.headers.get('location')]).toEqual([302, expect.stringContaining('/admin/sign-in')]);
  }
  await closed.end();
});
