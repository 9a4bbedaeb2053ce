import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { labelsOf } from '../../src/browser/pages/status/marks.ts';
import { ReservationId } from '../../src/domain/ids.ts';
import { fields } from '../support/events.ts';
import { openWork, startTestService, type TestService, until } from '../support/service.ts';
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
const open = (query = '') => openTab(browser, `${service.url}/status${query}`);
const row = (tab: Page, id: string) =>
  tab.locator('#reservations tr', { has: tab.locator(`a[href="/status/reservation/${id}"]`) });
const phase = (tab: Page, id: string, text: string) =>
  row(tab, id).locator('[data-cell=phase]', { hasText: text }).waitFor();
const arrive = (hit: string, n: number, { url } = service) =>
  fetch(`${url}/ping/worker/W${n}/assignment/A${hit}${n}/hit/${hit}/event/waiting`, { method: 'POST' });

/** Answers what the page asks before it acts; returns what it asked. */
function answering(tab: Page, how: 'accept' | 'dismiss'): readonly string[] {
  const asked: string[] = [];
  tab.on('dialog', (dialog) => {
    asked.push(dialog.message());
    void dialog[how]();
  });
  return asked;
}

describe('the status page', () => {
  test.each(looks)('is sound in a $scheme scheme at $width pixels', async (look) => {
    await openWork(service, { numAssignments: 3 });
    const tab = await openTab(browser, `${service.url}/status`, look);
    await tab.locator('#reservations tr').first().waitFor();
    await tab.locator('#poolPlot canvas').waitFor();
    await expectSound(tab);
  });

  test('a title of the most characters there may be makes no page wider than a phone', async () => {
    const { hitTypeId: _, ...rest } = fields({ title: 'Wait here '.repeat(13).slice(0, 128) });
    await service.core.commands.putProtoHit(context, { fields: rest });
    const tab = await openTab(browser, `${service.url}/status`, { scheme: 'light', width: 390 });
    await tab.locator('#poolPlot canvas').waitFor();
    expect(await tab.evaluate('document.documentElement.scrollWidth')).toBe(390);
  });

  test('figures of a plot that are nearly the same share a label', () => {
    const mark = (figure: string, of: string, at: number) => ({ figure, of, at, color: '--called' });
    const marks = [mark('p50', 'called', 1), mark('p95', 'called', 1.1), mark('p50', 'at work', 1)];
    const texts = (width: number) => labelsOf(marks, (at) => at * width).map(({ text }) => text);
    expect(texts(40)).toEqual(['p50, p95 called', 'p50 at work']);
    expect(texts(400)).toEqual(['p50 called', 'p95 called', 'p50 at work']);
  });

  test('follows what happens without being loaded anew: people come, are called, and it ends', async () => {
    const { reservationId, hit } = await openWork(service, { numAssignments: 2 });
    const tab = await open();
    await phase(tab, reservationId, 'made');
    await Promise.all([1, 2, 3].map((n) => arrive(hit, n)));
    const people = (kind: string, many: number) =>
      row(tab, reservationId).locator(`.figure.${kind}[data-many="${many}"]`).waitFor();
    // Two of the three would go to it: the third waits for whatever comes.
    await people('waiting', 2);
    await people('missing', 2);
    await row(tab, reservationId)
      .locator('[data-cell=market]', { hasText: '97 on the market, nobody is missing' })
      .waitFor();
    await tab.locator('#missing', { hasText: /^0 \/ \d+$/ }).waitFor();

    const asked = answering(tab, 'accept');
    await row(tab, reservationId).getByRole('button', { name: 'invoke' }).click();
    await phase(tab, reservationId, 'invoked');
    await row(tab, reservationId).locator('[data-cell=counts]', { hasText: '2 of 2' }).waitFor();
    expect(asked).toEqual([
      'Invoke “42”? 2 people who wait are called at once. Each costs $0.14 with the marketplace’s fee, in play money: $0.28 for 2 people.',
    ]);
    await people('dispatched', 2);
    await row(tab, reservationId)
      .locator('[data-cell=until]', { hasText: /^invoked \d.* ago$/ })
      .waitFor();
  });

  test('every button does what it says, by keyboard alone', async () => {
    const { reservationId, protoHitId } = await openWork(service);
    const tab = await open();
    answering(tab, 'accept');
    const press = async (name: string) => {
      await row(tab, reservationId)
        .getByRole('button', { name: new RegExp(`^${name} `) })
        .focus();
      await tab.keyboard.press('Enter');
    };
    await phase(tab, reservationId, 'made');
    await row(tab, reservationId)
      .locator('[data-cell=until]', { hasText: /^in \d+ s$/ })
      .waitFor();
    await press('finish');
    await phase(tab, reservationId, 'finished');
    await press('unfinish');
    await phase(tab, reservationId, 'made');
    await press('cancel');
    await phase(tab, reservationId, 'cancelled');
    tab.removeAllListeners('dialog');
    await row(tab, reservationId).locator('[data-cell=sandbox]').focus();
    tab.once('dialog', (dialog) => dialog.dismiss());
    await tab.keyboard.press('Space');
    const asked = answering(tab, 'accept');
    await tab.keyboard.press('Space');
    await row(tab, reservationId).locator('[data-cell=sandbox]', { hasText: 'real money' }).waitFor();
    expect(asked).toEqual([expect.stringContaining('they cost real money')]);
    await expectSound(tab);
    const { rows } = await service.database.pool.query('select sandbox from proto_hits where proto_hit_id = $1', [
      protoHitId,
    ]);
    expect(rows).toEqual([{ sandbox: false }]);
  });

  test('finishes all of a ProtoHIT once the operator is sure', async () => {
    const [mine, other] = [await openWork(service), await openWork(service)];
    const tab = await open(`?protoHitId=${mine.protoHitId}`);
    await phase(tab, mine.reservationId, 'made');
    tab.once('dialog', (dialog) => dialog.dismiss());
    await tab.getByRole('button', { name: 'Finish all' }).click();
    tab.once('dialog', (dialog) => dialog.accept());
    await tab.getByRole('button', { name: 'Finish all' }).click();
    await phase(tab, mine.reservationId, 'finished');
    const left = await fetch(`${service.url}/reservation/list?state=made&limit=1000`);
    expect(await left.text()).toContain(other.reservationId);
  });

  test('shows what is searched for, and says so in its address', async () => {
    const { reservationId, protoHitId } = await openWork(service);
    const made = await service.core.commands.makeReservation(context, {
      protoHitId,
      foreignId: 'a needle_100%',
      payload: null,
      delaySeconds: 60,
      numAssignments: 1,
    });
    if (made.type === 'refused') throw new Error(made.refusal.message);
    const tab = await open();
    await phase(tab, reservationId, 'made');
    await tab.getByLabel('Search').fill('needle_100%');
    await until(async () => (await tab.locator('#reservations tr').count()) === 1);
    await phase(tab, ReservationId.parse(made.value), 'made');
    expect(tab.url()).toContain('search=needle_100%25');
    await tab.getByLabel('State').selectOption('finished');
    await tab.getByText('No reservation matches').waitFor();
  });

  test('says so when the service cannot be reached, and goes on when it can', async () => {
    const tab = await open();
    await tab.locator('#state', { hasText: 'live' }).waitFor();
    await tab.context().setOffline(true);
    answering(tab, 'accept');
    await tab.evaluate(`document.querySelector('#reservations [data-cell=actions] button').click()`);
    await tab.getByRole('alert').getByText('cannot be reached').waitFor();
    await tab.context().setOffline(false);
  });

  test('does nothing with a reservation before somebody is sure, whatever is pressed', async () => {
    const { reservationId } = await openWork(service, { numAssignments: 2 });
    const tab = await open();
    const asked = answering(tab, 'dismiss');
    await phase(tab, reservationId, 'made');
    for (const name of ['invoke', 'finish', 'cancel'])
      await row(tab, reservationId).getByRole('button', { name }).click();
    expect(asked.map((question) => question.split(' ')[0])).toEqual(['Invoke', 'Finish', 'Cancel']);
    await service.core.commands.finishReservation(context, { reservationId });
    await phase(tab, reservationId, 'finished');
    const happened = await service.database.pool.query(
      `select type from event_store.events where stream = $1 order by position`,
      [`reservation-${reservationId}`],
    );
    expect(happened.rows.map(({ type }) => type)).toEqual(['ReservationMade', 'ReservationFinished']);
  });

  test.each(['static/status', 'retainer/status', 'retainer/static/status'])('is at /%s, too', async (path) => {
    const { reservationId } = await openWork(service);
    const tab = await openTab(browser, `${service.url}/${path}`);
    await phase(tab, reservationId, 'made');
    expect(new URL(tab.url()).pathname).toBe(`/${path}`);
    const answer = await fetch(`${service.url}/${path}`);
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'self'");
  });

  test('draws the last hour, and says the same in words', async () => {
    const quiet = await startTestService();
    const { reservationId, hit } = await openWork(quiet, { numAssignments: 2 });
    await Promise.all([1, 2, 3].map((n) => arrive(hit, n, quiet)));
    await quiet.core.commands.invokeReservation(context, { reservationId });
    await until(async () => {
      const shown = await fetch(`${quiet.url}/reservation/${reservationId}`);
      return (await shown.text()).includes('"dispatched":2');
    });
    // Whoever was called presses Start: the second's page does not say when it rang, the others' rang for 5 ms.
    for (const n of [1, 2, 3])
      await fetch(
        `${quiet.url}/ping/worker/W${n}/assignment/A${hit}${n}/hit/${hit}/event/working${n === 2 ? '' : '?after=5'}`,
        { method: 'POST' },
      );
    const tab = await openTab(browser, `${quiet.url}/status`);
    await tab.locator('#poolPlot canvas').waitFor();
    await tab.locator('#told', { hasText: /\d+(\.\d+)? m?s \/ \d+(\.\d+)? m?s/ }).waitFor();
    await tab.locator('#arrivalsPlotWords', { hasText: '3 workers came in the last hour, 2 were called' }).waitFor();
    await tab
      .locator('#latencyPlotWords', {
        hasText: /workers? whose page said when it rang: half within .* 2 workers seen at work: half within/,
      })
      .waitFor();
    await tab.locator('#moneyPlotWords', { hasText: 'Nothing was approved so far.' }).waitFor();
    await tab.locator('#minutes').selectOption('15');
    await tab.locator('#arrivalsPlotWords', { hasText: 'in the last 15 minutes' }).waitFor();
    await quiet.end();
  });
});

describe('with operators', () => {
  test('who is not signed in is sent to sign in, and then to where they wanted; who is, acts in their own name', async () => {
    const guarded = await startTestService();
    const token = await guarded.core.commands.inviteFirstOperator();
    const { reservationId } = await openWork(guarded);
    const tab = await openTab(browser, `${guarded.url}/admin/first?token=${token}`);
    await expectSound(tab);
    await tab.getByLabel('Name').fill('ann');
    await tab.getByLabel(/^Password/).fill('correct horse');
    await tab.getByLabel('The password again').fill('correct horse');
    await tab.keyboard.press('Enter');
    await tab.waitForURL('**/admin');

    const other = await openTab(browser, `${guarded.url}/status?phase=made`);
    expect(new URL(other.url()).pathname).toBe('/admin/sign-in');
    await expectSound(other);
    await other.getByLabel('Name').fill('ann');
    await other.getByLabel('Password').fill('not this one');
    await other.keyboard.press('Enter');
    await other.getByRole('alert').getByText('not right').waitFor();
    await other.getByLabel('Password').fill('correct horse');
    await other.keyboard.press('Enter');
    await other.waitForURL('**/status?phase=made');
    answering(other, 'accept');
    await row(other, reservationId).getByRole('button', { name: 'invoke' }).click();
    await until(async () => {
      const { rows } = await guarded.database.pool.query(
        `select metadata ->> 'actor' as actor from event_store.events where type = 'ReservationInvoked'`,
      );
      return JSON.stringify(rows) === JSON.stringify([{ actor: 'operator:ann' }]);
    });
    await other.getByRole('button', { name: 'Sign out' }).click();
    await other.waitForURL('**/admin/sign-in');
    await guarded.end();
  });

  test('a form of another site changes nothing, whatever cookie comes with it', async () => {
    const guarded = await startTestService();
    const { commands } = guarded.core;
    const token = (await commands.inviteFirstOperator()) ?? '';
    const first = await fetch(`${guarded.url}/admin/first`, {
      method: 'POST',
      redirect: 'manual',
      body: new URLSearchParams({ token, name: 'ann', password: 'correct horse', again: 'correct horse' }),
    });
    const cookie = first.headers.get('set-cookie')?.split(';')[0] ?? '';
    expect(first.headers.get('set-cookie')).toMatch(/^retainer_session=[\w-]{43};.*HttpOnly; SameSite=Lax/);
    const signOut = (headers: Record<string, string>) =>
      fetch(`${guarded.url}/admin/sign-out`, { method: 'POST', redirect: 'manual', headers: { cookie, ...headers } });
    expect((await signOut({})).status).toBe(403);
    expect((await signOut({ 'sec-fetch-site': 'cross-site' })).status).toBe(403);
    expect((await signOut({ 'sec-fetch-site': 'same-origin', 'x-csrf-token': 'guessed' })).status).toBe(403);
    const page = await fetch(`${guarded.url}/status`, { headers: { cookie } });
    expect(page.status).toBe(200);
    const csrf = /name="csrf" content="([^"]+)"/.exec(await page.text())?.[1] ?? '';
    expect((await signOut({ 'sec-fetch-site': 'same-origin', 'x-csrf-token': csrf })).status).toBe(303);
    expect((await fetch(`${guarded.url}/status`, { headers: { cookie }, redirect: 'manual' })).status).toBe(302);
    await guarded.end();
  });
});
