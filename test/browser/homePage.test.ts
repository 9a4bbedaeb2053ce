import { access, readFile } from 'node:fs/promises';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { tourCommands } from '../../src/http/pages/home/commands.ts';
import { startTestService, type TestService, until } from '../support/service.ts';
import { startChromium } from './chromium.ts';
import { expectSound, looks, openTab } from './pages.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await startChromium();
});
afterAll(() => browser?.close());

/** A picture for whoever looks at the pages, if they said where: SCREENSHOTS=/some/folder. */
async function picture(tab: Page, name: string): Promise<void> {
  const folder = process.env['SCREENSHOTS'];
  if (folder) await tab.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
}
const step = (tab: Page, name: string) => tab.locator(`[data-step=${name}]`);
const ticked = (tab: Page, name: string) => tab.locator(`[data-step=${name}].done`).waitFor();
const isNext = (tab: Page, name: string) => tab.locator(`[data-step=${name}][aria-current=step]`).waitFor();

/** A worker in a tab of their own, from the step's link to the waiting room. */
async function becomeWorker(tab: Page): Promise<Page> {
  const opens = tab.waitForEvent('popup');
  await step(tab, 'wait')
    .getByRole('link', { name: /Open the marketplace/ })
    .click();
  const worker = await opens;
  await worker
    .getByRole('button', { name: /^Accept/ })
    .first()
    .click();
  await worker.frameLocator('iframe[sandbox]').getByRole('button', { name: "I'm ready" }).click();
  return worker;
}

describe('the tour on the home page', () => {
  let service: TestService;
  beforeAll(async () => {
    // As a newcomer's service: it plans at once, and asks the marketplace once a minute, for which nobody has to wait.
    service = await startTestService({ SCHEDULER_INTERVAL_SECONDS: '60' });
  });
  afterAll(() => service?.end());

  test('leads by the keyboard from nothing to a worker who is called and paid', async () => {
    const tab = await openTab(browser, service.url);
    await isNext(tab, 'define');
    await tab.getByRole('button', { name: 'Define the ProtoHIT' }).press('Enter');
    await ticked(tab, 'define');
    await tab.getByRole('button', { name: 'Make a reservation' }).press('Enter');
    await ticked(tab, 'reserve');
    await ticked(tab, 'post');

    const worker = await becomeWorker(tab);
    const room = worker.frameLocator('iframe[sandbox]');
    await room.getByRole('status').filter({ hasText: 'Waiting for work' }).waitFor();
    await ticked(tab, 'wait');

    const called = room.getByRole('status').filter({ hasText: 'There is work!' });
    await tab.getByRole('button', { name: 'Invoke' }).press('Enter');
    await called.waitFor();
    await ticked(tab, 'invoke');
    await step(tab, 'called').getByText('1 person called').waitFor();

    await room.getByRole('button', { name: 'Start' }).press('Enter');
    await ticked(tab, 'called');
    // The page takes the focus when it has the task; a key pressed before is for nothing.
    await until(async () => {
      await room.getByLabel('A boat').press('Space');
      return room.getByLabel('A boat').isChecked();
    });
    await room.getByRole('button', { name: 'Submit' }).press('Enter');
    await worker.getByRole('heading', { name: 'You earned $0.10' }).waitFor();
    await tab.getByRole('button', { name: 'Ask now' }).press('Enter');
    await ticked(tab, 'paid');
    await tab.getByRole('button', { name: 'Finish' }).press('Enter');
    await ticked(tab, 'finish');
    await tab.getByText('That was the tour.').waitFor();
    // From the last step to the first page of one's own: what it loads, what it looks like, and the guides.
    await tab.getByRole('link', { name: 'a page of your own' }).click();
    const own = tab.getByRole('region', { name: 'Now your own page' });
    const hrefs = (await own.getByRole('link').all()).map((link) => link.getAttribute('href'));
    const links = await Promise.all(hrefs);
    expect(links).toEqual(['/retainer.js', '/example', '/docs']);
    for (const link of ['/retainer.js', '/example', '/docs'])
      expect((await fetch(service.url + link)).status).toBe(200);
    const guides = ((await own.textContent()) ?? '').match(/docs\/\S+\.md/g) ?? [];
    expect(guides).toContain('docs/landing-page.md');
    for (const guide of guides) await access(new URL(`../../${guide}`, import.meta.url));
    const story = await tab.getByRole('link', { name: 'Read its story' }).getAttribute('href');
    expect(story).toMatch(/^\/status\/reservation\/[0-9a-f-]{36}$/);
    await picture(tab, 'home-over');
    expect((await fetch(service.url + story)).status).toBe(200);
  });

  test('begins anew with another reservation', async () => {
    const tab = await openTab(browser, service.url);
    await ticked(tab, 'finish');
    await tab.getByRole('button', { name: 'Make another reservation' }).click();
    await tab.locator('[data-step=finish]:not(.done)').waitFor();
    await isNext(tab, 'post');
  });

  test('ticks off what is done by command, as README.md has it', async () => {
    const { pool } = service.database;
    const { rows } = await pool.query<{ id: string }>(
      `select reservation_id as id from reservations order by made_at desc limit 1`,
    );
    const tab = await openTab(browser, service.url);
    await step(tab, 'invoke').getByText('By command').click();
    const shown = await step(tab, 'invoke').locator('pre').textContent();
    expect(shown).toBe(`curl -s ${service.url}/reservation/invoke -d id=${rows[0]?.id}`);
    const [, url = '', fields = ''] = /^curl -s (\S+) -d (\S+)$/.exec(shown ?? '') ?? [];
    await fetch(url, { method: 'POST', body: new URLSearchParams(fields) });
    await ticked(tab, 'invoke');

    // As the shell puts it in: BASE is said once.
    const readme = (await readFile(new URL('../../README.md', import.meta.url), 'utf8'))
      .replaceAll("'$BASE'", service.url)
      .replaceAll('$BASE', service.url);
    const { define, reserve, round, look, invoke, finish, story } = tourCommands(service.url);
    for (const command of [define.curl, reserve.curl, round.shell, look.curl, invoke.curl, finish.curl, story.curl])
      expect(readme).toContain(command);
  });

  test.each(looks)('is sound in a $scheme scheme at $width pixels', async (look) => {
    const tab = await openTab(browser, service.url, look);
    await tab.locator('#healthy', { hasText: 'healthy' }).waitFor();
    await step(tab, 'reserve').getByText('By command').click();
    await expectSound(tab);
    await picture(tab, `home-${look.scheme}-${look.width}`);
  });

  test('is taken by keyboard alone, and copies its commands', async () => {
    const tab = await openTab(browser, service.url);
    await tab.context().grantPermissions(['clipboard-read', 'clipboard-write'], { origin: service.url });
    await tab.locator('#healthy', { hasText: 'healthy' }).waitFor();
    const before = await tab.evaluate(`fetch('/tour').then((answer) => answer.json())`);
    const focus = async (name: string) => {
      for (let presses = 0; presses < 60; presses++) {
        await tab.keyboard.press('Tab');
        const text = await tab.evaluate<string>(`document.activeElement?.textContent ?? ''`);
        if (text.trim().startsWith(name)) return;
      }
      throw new Error(`the keyboard does not reach "${name}"`);
    };
    await focus('By command: Announce');
    await tab.keyboard.press('Enter');
    await focus('Copy');
    await tab.keyboard.press('Enter');
    await tab.getByText('Copied').waitFor();
    expect(await tab.evaluate('navigator.clipboard.readText()')).toContain('/reservation/make -d id=');
    await tab.keyboard.press('Shift+Tab');
    await tab.keyboard.press('Shift+Tab');
    await tab.keyboard.press('Enter');
    await until(
      async () =>
        JSON.stringify(await tab.evaluate(`fetch('/tour').then((answer) => answer.json())`)) !== JSON.stringify(before),
    );
  });

  test('says what is wrong when the service is not well', async () => {
    const tab = await openTab(browser, service.url);
    await tab.route('**/readyz', (route) =>
      route.fulfill({
        status: 503,
        json: { ready: false, database: 'cannot be reached', log: 'ok', readModels: 'ok', marketplace: 'ok' },
      }),
    );
    await tab.locator('#healthy', { hasText: 'not ready' }).waitFor();
    await tab.locator('[data-part=database].ill', { hasText: 'cannot be reached' }).waitFor();
    await tab.unroute('**/readyz');
    await tab.locator('#healthy', { hasText: 'healthy' }).waitFor();
    await tab.route('**/readyz', (route) =>
      route.fulfill({
        json: { ready: true, database: 'ok', log: 'ok', readModels: 'tasks stands still', marketplace: 'ok' },
      }),
    );
    await tab.locator('#healthy', { hasText: 'ready, not well' }).waitFor();
    await tab.locator('[data-part=readModels].ill', { hasText: 'tasks stands still' }).waitFor();
    await tab.unroute('**/readyz');
    await tab.locator('#healthy', { hasText: 'healthy' }).waitFor();
    await tab.context().setOffline(true);
    await tab.locator('#healthy', { hasText: 'cannot be reached' }).waitFor();
  });
});

test('home on a service that recruits elsewhere says where the tour can be taken', async () => {
  const service = await startTestService({ MTURK: 'aws', MTURK_ENDPOINT: 'http://127.0.0.1:9' });
  const tab = await openTab(browser, service.url);
  await tab.getByText('MTURK=simulated').waitFor();
  expect(await tab.locator('#steps').count()).toBe(0);
  await expectSound(tab);
  await service.end();
});

describe('home on a service with operators', () => {
  test('shows strangers what it is and how it is, and the tour to who signs in', async () => {
    const service = await startTestService();
    await service.core.commands.issueApiKey({ actor: 'operator:test', requestId: 'test' }, { label: 'any' });
    const token = await service.core.commands.inviteFirstOperator();
    const stranger = await openTab(browser, service.url);
    await stranger.locator('#healthy', { hasText: 'healthy' }).waitFor();
    expect(await stranger.locator('#steps').count()).toBe(0);
    expect((await fetch(`${service.url}/tour`, { redirect: 'manual' })).status).toBe(302);
    expect((await fetch(`${service.url}/tour/round`, { method: 'POST' })).status).toBe(401);
    await expectSound(stranger);
    await picture(stranger, 'home-stranger');

    const tab = await openTab(browser, `${service.url}/admin/first?token=${token}`);
    await tab.getByLabel('Name').fill('ann');
    await tab.getByLabel(/^Password/).fill('correct horse');
    await tab.getByLabel('The password again').fill('correct horse');
    await tab.keyboard.press('Enter');
    await tab.waitForURL('**/admin');
    await tab.goto(service.url);
    await tab.getByRole('button', { name: 'Define the ProtoHIT' }).click();
    await ticked(tab, 'define');
    await tab.getByRole('button', { name: 'Make a reservation' }).click();
    await ticked(tab, 'reserve');
    await tab.getByRole('button', { name: 'Do its round now' }).click();
    await ticked(tab, 'post');
    expect(await step(tab, 'invoke').locator('pre').textContent()).toContain('-H "Authorization: Bearer $KEY"');
    await service.end();
  });
});
