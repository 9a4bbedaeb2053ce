import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ReservationId } from '../../src/domain/ids.ts';
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
const arrive = (hit: string, n: number) =>
  fetch(`${service.url}/ping/worker/W${n}/assignment/A${hit}${n}/hit/${hit}/event/waiting`, { method: 'POST' });

describe('the status page', () => {
  test.each(looks)('is sound in a $scheme scheme at $width pixels', async (look) => {
    await openWork(service, { numAssignments: 3 });
    const tab = await openTab(browser, `${service.url}/status`, look);
    await tab.locator('#reservations tr').first().waitFor();
    await tab.locator('#poolPlot canvas').waitFor();
    await expectSound(tab);
  });

  test('follows what happens without being loaded anew: people come, are called, and it ends', async () => {
    const { reservationId, hit } = await openWork(service, { numAssignments: 2 });
    const tab = await open();
    await phase(tab, reservationId, 'made');
    await Promise.all([1, 2, 3].map((n) => arrive(hit, n)));
    await row(tab, reservationId).locator('[data-cell=waiting]', { hasText: '3' }).waitFor();
    expect(await row(tab, reservationId).locator('.people .missing').count()).toBe(2);
    expect(await row(tab, reservationId).locator('.people .waiting').count()).toBe(3);

    await row(tab, reservationId).getByRole('button', { name: 'invoke' }).click();
    await phase(tab, reservationId, 'invoked');
    await row(tab, reservationId).locator('[data-cell=counts]', { hasText: '2 of 2' }).waitFor();
    await row(tab, reservationId).locator('[data-cell=waiting]', { hasText: '1' }).waitFor();
    expect(await row(tab, reservationId).locator('.people .dispatched').count()).toBe(2);
  });

  test('every button does what it says, by keyboard alone', async () => {
    const { reservationId, protoHitId } = await openWork(service);
    const tab = await open();
    const press = async (name: string) => {
      await row(tab, reservationId)
        .getByRole('button', { name: new RegExp(`^${name} `) })
        .focus();
      await tab.keyboard.press('Enter');
    };
    await phase(tab, reservationId, 'made');
    await press('finish');
    await phase(tab, reservationId, 'finished');
    await press('unfinish');
    await phase(tab, reservationId, 'made');
    await press('cancel');
    await phase(tab, reservationId, 'cancelled');
    await row(tab, reservationId).locator('[data-cell=sandbox]').focus();
    await tab.keyboard.press('Space');
    await row(tab, reservationId).locator('[data-cell=sandbox]', { hasText: 'real' }).waitFor();
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
    await tab.getByText('No reservation here').waitFor();
  });

  test('says so when the service cannot be reached, and goes on when it can', async () => {
    const tab = await open();
    await tab.locator('#state', { hasText: 'live' }).waitFor();
    await tab.context().setOffline(true);
    await tab.evaluate(`document.querySelector('#reservations button').click()`);
    await tab.getByRole('alert').getByText('cannot be reached').waitFor();
    await tab.context().setOffline(false);
  });

  test('draws the last hour: who waited, what was asked, how long calls took', async () => {
    const tab = await open();
    await tab.locator('#poolPlot canvas').waitFor();
    const { steps, told } = JSON.parse(
      await tab.evaluate<string>(`fetch('/status/plots?minutes=60').then((answer) => answer.text())`),
    );
    expect(steps).toHaveLength(120);
    expect(steps.at(-1)).toMatchObject({ waiting: expect.any(Number), asked: expect.any(Number) });
    expect(steps.reduce((sum: number, { arrived }: { arrived: number }) => sum + arrived, 0)).toBe(3);
    expect(told.counts.reduce((sum: number, many: number) => sum + many, 0)).toBe(2);
    await tab.locator('#told', { hasText: /\d+(\.\d+)? m?s \/ \d+(\.\d+)? m?s/ }).waitFor();
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
