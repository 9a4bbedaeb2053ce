import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WorkerId } from '../../src/domain/ids.ts';
import { signedIn } from '../http/admin/operator.ts';
import { handIn, logged } from '../http/admin/work.ts';
import { openWork, startTestService, type TestService } from '../support/service.ts';
import { openAdmin } from './admin.ts';
import { startChromium } from './chromium.ts';
import { expectSound, type Look, looks } from './pages.ts';

let service: TestService;
let browser: Browser;
beforeAll(async () => {
  service = await startTestService();
  browser = await startChromium();
  await signedIn(service, 'ann');
  await openWork(service);
  await handIn(service, ['SHOWN1', 'SHOWN2', 'SHOWN3']);
  await service.core.commands.blockWorker(
    { actor: 'operator:ann', requestId: 'test' },
    { workerId: WorkerId.parse('WSHOWN2'), reason: 'Random clicks.', onMarketplace: false },
  );
});
afterAll(async () => {
  await browser?.close();
  await service?.end();
});

const admin = (path: string, look?: Look) => openAdmin(browser, service, path, look);
const pages = [
  '/admin',
  '/admin/proto-hits',
  '/admin/keys',
  '/admin/projections',
  '/admin/settings',
  '/admin/assignments',
  '/admin/assignments/ASHOWN1',
  '/admin/workers',
  '/admin/workers/WSHOWN2',
  '/admin/hits',
  '/admin/events',
  '/admin/downloads',
  '/admin/operators',
  '/admin/sign-ins',
  '/admin/account',
];

describe.each(looks)('in a $scheme scheme at $width pixels', (look) => {
  test('every admin page is sound', async () => {
    const tab = await admin('/admin', look);
    for (const path of pages) {
      await tab.goto(service.url + path);
      await expectSound(tab);
    }
  });
});

test('no page scrolls sideways between a phone and a desk', async () => {
  const tab = await admin('/admin');
  for (const width of [700, 840, 1_000]) {
    await tab.setViewportSize({ width, height: 800 });
    for (const path of [...pages, '/status']) {
      await tab.goto(service.url + path);
      if (path === '/status') await tab.locator('#reservations tr').first().waitFor();
      const scrolled = await tab.evaluate<number>('document.documentElement.scrollWidth');
      expect({ path, scrolled }).toEqual({ path, scrolled: width });
    }
  }
});

test('every admin page is reached from the first by keyboard alone', async () => {
  const tab = await admin('/admin');
  const names = await tab.getByRole('navigation', { name: 'Admin' }).getByRole('link').allInnerTexts();
  for (const name of names) {
    await tab.getByRole('navigation', { name: 'Admin' }).getByRole('link', { name, exact: true }).focus();
    await tab.keyboard.press('Enter');
    await tab.getByRole('heading', { level: 1, name, exact: true }).waitFor();
    expect(await tab.locator('.places [aria-current=page]').textContent()).toBe(name);
  }
});

test('an operator is added and removed by keyboard alone', async () => {
  const tab = await admin('/admin/operators');
  await tab.getByLabel('Name').focus();
  await tab.keyboard.type('bob');
  await tab.keyboard.press('Tab');
  await tab.keyboard.type('another good one');
  await tab.keyboard.press('Enter');
  await tab.getByRole('status').getByText('bob may sign in from now on.').waitFor();
  await tab.getByRole('button', { name: 'Remove bob' }).focus();
  await tab.keyboard.press('Enter');
  await tab.getByRole('status').getByText('bob is let in no more').waitFor();
  expect(await tab.getByRole('button', { name: /Remove/ }).count()).toBe(0);
});

test('all work of a page is chosen with one box, which tells too when only some is', async () => {
  await handIn(service, ['ALL1', 'ALL2', 'ALL3']);
  const tab = await admin('/admin/assignments?phase=submitted&search=WALL');
  await tab.goto(`${service.url}/admin/assignments?phase=submitted&limit=200`);
  const all = tab.getByRole('checkbox', { name: /^Choose all \d+ on this page/ });
  await all.focus();
  await tab.keyboard.press('Space');
  const boxes = await tab.locator('input[name=chosen]').all();
  expect(boxes.length).toBeGreaterThan(2);
  for (const box of boxes) expect(await box.isChecked()).toBe(true);
  await tab.getByLabel('Choose AALL2').uncheck();
  expect(await tab.evaluate("document.querySelector('#chooseAll input').indeterminate")).toBe(true);
  await all.check();
  expect(await tab.getByLabel('Choose AALL2').isChecked()).toBe(true);
  // A worker's id is one word.
  expect(await tab.evaluate("document.querySelector('a.who').getClientRects().length")).toBe(1);
});

test('a new key is copied, or selected where the browser lets nobody copy', async () => {
  const tab = await admin('/admin/keys');
  const issue = async (label: string): Promise<string> => {
    await tab.getByLabel('Label').fill(label);
    await tab.getByRole('button', { name: 'Issue' }).click();
    return (await tab.locator('#key').textContent()) ?? '';
  };
  await tab.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  const key = await issue('first');
  await tab.getByRole('button', { name: 'Copy', exact: true }).click();
  await tab.getByRole('button', { name: 'Copied', exact: true }).waitFor();
  expect(await tab.evaluate('navigator.clipboard.readText()')).toBe(key);
  await tab.addInitScript("Object.defineProperty(navigator, 'clipboard', { value: undefined })");
  const other = await issue('second');
  await tab.getByRole('button', { name: 'Copy', exact: true }).click();
  await tab.getByRole('button', { name: 'Selected: copy it' }).waitFor();
  expect(await tab.evaluate('String(getSelection())')).toBe(other);
});

test('a key is issued by keyboard, shown once, and revoked', async () => {
  const tab = await admin('/admin/keys');
  await tab.getByLabel('Label').focus();
  await tab.keyboard.type('captions');
  await tab.keyboard.press('Enter');
  const key = (await tab.locator('#key').textContent()) ?? '';
  expect(key).toMatch(/^rk_[\w-]{43}$/);
  await tab.goto(`${service.url}/admin/keys`);
  expect(await tab.content()).not.toContain(key);
  await tab.getByRole('button', { name: 'Revoke captions' }).focus();
  await tab.keyboard.press('Enter');
  await tab.getByRole('status').getByText('The key is revoked').waitFor();
});

test('a rebuild is started, followed, and still told of when the page is loaded anew', async () => {
  const tab = await admin('/admin/projections');
  await tab.getByRole('button', { name: 'Rebuild all' }).focus();
  await tab.keyboard.press('Enter');
  await tab
    .locator('#rebuild')
    .getByText(/read models made anew from \d+ events/)
    .waitFor();
  await tab.reload();
  await tab.locator('#rebuild').getByText('made anew').waitFor();
  await tab.locator('.tag.running').first().waitFor();
});

test('work is chosen, rejected with a reason, and another piece approved, by keyboard alone', async () => {
  const tab = await admin('/admin/assignments?phase=submitted');
  const press = async (name: string) => {
    await tab.getByRole('button', { name, exact: true }).focus();
    await tab.keyboard.press('Enter');
  };
  await tab.getByLabel('Choose ASHOWN1').focus();
  await tab.keyboard.press('Space');
  await press('Reject');
  await tab.getByText('Tell them why, in 1 to 1024 characters').waitFor();
  expect(await tab.getByLabel('Choose ASHOWN1').isChecked()).toBe(true);
  await tab.getByLabel('Why not, if you reject').focus();
  await tab.keyboard.type('Nothing was named.');
  await press('Reject');
  await tab.getByText('1 is to be rejected').waitFor();
  await tab.getByLabel('Choose ASHOWN3').focus();
  await tab.keyboard.press('Space');
  await press('Approve');
  await tab.getByText('1 is to be approved').waitFor();
  expect((await logged(service, 'RejectionRequested')).map(({ stream, by }) => [stream, by])).toEqual([
    ['assignment-ASHOWN1', 'operator:ann'],
  ]);
});
