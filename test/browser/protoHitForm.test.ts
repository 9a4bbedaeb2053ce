import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { signedIn } from '../http/admin/operator.ts';
import { startTestService, type TestService } from '../support/service.ts';
import { openAdmin } from './admin.ts';
import { startChromium } from './chromium.ts';
import { expectSound, looks } from './pages.ts';

let service: TestService;
let browser: Browser;
beforeAll(async () => {
  service = await startTestService();
  browser = await startChromium();
  await signedIn(service, 'ann');
});
afterAll(async () => {
  await browser?.close();
  await service?.end();
});

const NEW = '/admin/proto-hits/new';

test.each(looks)('is sound in a $scheme scheme at $width pixels, with what is wrong in it', async (look) => {
  const tab = await openAdmin(browser, service, NEW, look);
  await tab.getByRole('button', { name: 'Create' }).click();
  await tab.locator('#title[aria-invalid=true]').waitFor();
  await expectSound(tab);
});

test('says what is wrong as one types, reckons what it costs, and shows what a worker will see', async () => {
  const tab = await openAdmin(browser, service, NEW);
  await tab.getByLabel('Title').fill('x'.repeat(129));
  await tab.locator('#title-error', { hasText: 'It must be a text of 1 to 128 characters' }).waitFor();
  expect(await tab.locator('#description-error').isVisible()).toBe(false);
  await tab.getByLabel('Title').fill('Wait, and be paid');
  await tab.locator('#title-error').waitFor({ state: 'hidden' });
  expect(await tab.locator('.hitTitle').textContent()).toBe('Wait, and be paid');

  await tab.getByLabel('Reward, in US dollars').fill('0.50');
  await tab.getByLabel('People you call for').fill('4');
  await tab.locator('#money', { hasText: '4 people cost$2.40' }).waitFor();
  await tab.getByLabel('People a HIT takes').fill('10');
  await tab.locator('#money', { hasText: '40 %' }).waitFor();
  await tab.getByLabel('Seconds they are there').fill('60');
  await tab.locator('#money', { hasText: 'an hour pays$30.00' }).waitFor();

  await tab.getByLabel('Landing page', { exact: true }).fill(`${service.url}/example`);
  await tab.keyboard.press('Tab');
  const frame = tab.frameLocator('#landingPage');
  await frame.getByText('This is a preview').waitFor();
});

test('one is made by keyboard alone', async () => {
  const tab = await openAdmin(browser, service, '/admin/proto-hits');
  await tab.getByRole('link', { name: 'New ProtoHIT' }).focus();
  await tab.keyboard.press('Enter');
  await tab.getByLabel('Name', { exact: true }).focus();
  for (const text of ['typed', 'By keyboard', 'All of it.', 'keys', `${service.url}/example`]) {
    await tab.keyboard.type(text);
    await tab.keyboard.press('Tab');
  }
  await tab.keyboard.press('Enter');
  await tab.getByRole('status').getByText('"By keyboard" is there').waitFor();
  await tab.getByRole('button', { name: 'Retire By keyboard' }).focus();
  await tab.keyboard.press('Enter');
  await tab.getByRole('status').getByText('is retired').waitFor();
});

test('asks before it spends real money, and marks in the list what does', async () => {
  const tab = await openAdmin(browser, service, NEW);
  const asked: string[] = [];
  let isSure = false;
  tab.on('dialog', (dialog) => {
    asked.push(dialog.message());
    return isSure ? dialog.accept() : dialog.dismiss();
  });
  await tab.getByLabel('Title').fill('Dear');
  await tab.getByLabel('Description').fill('All of it.');
  await tab.getByLabel('Landing page', { exact: true }).fill(`${service.url}/example`);
  await tab.getByLabel('Its HITs go to').selectOption('false');
  await tab.getByRole('button', { name: 'Create' }).click();
  expect(new URL(tab.url()).pathname).toBe(NEW);
  isSure = true;
  await tab.getByRole('button', { name: 'Create' }).click();
  await tab.getByRole('status').getByText('"Dear" is there').waitFor();
  expect(asked).toEqual(Array(2).fill(expect.stringContaining('“Dear” to the real market?')));
  await tab.locator('tr', { hasText: 'Dear' }).getByText('real money').waitFor();
  await expectSound(tab);
});

test('works without its script', async () => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const tab = await context.newPage();
  await tab.goto(`${service.url}/admin/sign-in?next=${encodeURIComponent(NEW)}`);
  await tab.getByLabel('Name').fill('ann');
  await tab.getByLabel('Password').fill('correct horse');
  await tab.keyboard.press('Enter');
  await tab.getByLabel('Title').fill('Without a script');
  await tab.getByLabel('Reward, in US dollars').fill('1');
  await tab.getByRole('button', { name: 'Check and preview' }).click();
  await tab.locator('#money', { hasText: '$12.00' }).waitFor();
  expect(await tab.getByLabel('Title').inputValue()).toBe('Without a script');
  await tab.locator('#url-error', { hasText: 'It must be an http or https URL' }).waitFor();
  await context.close();
});
