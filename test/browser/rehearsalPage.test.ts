import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestService, type TestService, until } from '../support/service.ts';
import { startChromium } from './chromium.ts';
import { expectSound, looks, openTab } from './pages.ts';

let service: TestService;
let browser: Browser;
beforeAll(async () => {
  service = await startTestService({ FAULT_INJECTION: 'true' });
  browser = await startChromium();
});
afterAll(async () => {
  await browser?.close();
  await service?.end();
});

async function picture(tab: Page, name: string): Promise<void> {
  const folder = process.env['SCREENSHOTS'];
  if (folder) await tab.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
}
const rehearsal = (): string => `${service.url}/marketplace/rehearsal`;
const figure = (tab: Page, id: string) => tab.locator(`#${id}`);

describe('the rehearsal page', () => {
  test('starts simulated workers, shows how many are about, and stops them, by keyboard alone', async () => {
    // The tour's HITs are there for them to take.
    const tour = await openTab(browser, service.url);
    await tour.getByRole('button', { name: 'Define the ProtoHIT' }).click();
    await tour.locator('[data-step=define].done').waitFor();
    await tour.getByRole('button', { name: 'Make a reservation' }).click();
    await tour.locator('[data-step=reserve].done').waitFor();
    await tour.getByRole('button', { name: 'Do its round now' }).click();
    await tour.locator('[data-step=post].done').waitFor();

    const tab = await openTab(browser, rehearsal());
    await tab.getByLabel('How many come in a minute').focus();
    await tab.keyboard.press('Control+A');
    await tab.keyboard.type('1200');
    await tab.keyboard.press('Tab');
    await tab.keyboard.press('Control+A');
    await tab.keyboard.type('200');
    await tab.keyboard.press('Tab');
    await tab.keyboard.press('Enter');
    await tab.locator('#perMinute', { hasText: '1200' }).waitFor();
    await until(async () => Number(await figure(tab, 'about').textContent()) > 0);
    await picture(tab, 'rehearsal-busy');
    await tour.locator('[data-step=wait].done').waitFor();
    await tab.getByRole('button', { name: 'Stop' }).click();
    await tab.locator('#perMinute', { hasText: 'none' }).waitFor();
    await tab.getByRole('button', { name: 'Send everybody away' }).click();
    await tab.locator('#about', { hasText: /^0$/ }).waitFor();
  });

  test('orders a fault with what it means, and takes it back', async () => {
    const tab = await openTab(browser, rehearsal());
    await tab.getByText('Nothing goes wrong on purpose now.').waitFor();
    await tab.getByLabel(/^Done, then the answer is lost/).check();
    await tab.getByLabel('To which calls').selectOption('CreateHITWithHITType');
    await tab.getByLabel('To how many of 100').fill('25');
    await tab.getByLabel('First let through').fill('2');
    await tab.getByLabel('At most how often').fill('3');
    await tab.getByRole('button', { name: 'Add' }).click();
    const rule = tab.getByRole('listitem').filter({ hasText: 'Done, then the answer is lost' });
    await rule.getByText('on 25 of 100 of CreateHITWithHITType, after the first 2, 3 times at most').waitFor();
    const inForce = await fetch(`${service.url}/marketplace/control/faults`);
    expect(await inForce.json()).toEqual([
      { kind: 'commitThenDrop', operation: 'CreateHITWithHITType', probability: 0.25, after: 2, times: 3 },
    ]);
    await rule.getByRole('button', { name: /^Remove/ }).click();
    await tab.getByText('Nothing goes wrong on purpose now.').waitFor();
  });

  test.each(looks)('is sound in a $scheme scheme at $width pixels', async (look) => {
    const tab = await openTab(browser, rehearsal(), look);
    await tab.getByLabel('At most how often').fill('3');
    await tab.getByRole('button', { name: 'Add' }).click();
    await tab.getByRole('button', { name: /^Remove/ }).waitFor();
    await expectSound(tab);
    await picture(tab, `rehearsal-${look.scheme}-${look.width}`);
    await tab.getByRole('button', { name: /^Remove/ }).click();
    await tab.getByText('Nothing goes wrong on purpose now.').waitFor();
  });
});

describe('on a service with operators', () => {
  test('is for those who sign in, and refuses forms of other sites', async () => {
    const guarded = await startTestService();
    const token = await guarded.core.commands.inviteFirstOperator();
    const tab = await openTab(browser, `${guarded.url}/admin/first?token=${token}`);
    await tab.getByLabel('Name').fill('ann');
    await tab.getByLabel(/^Password/).fill('correct horse');
    await tab.getByLabel('The password again').fill('correct horse');
    await tab.keyboard.press('Enter');
    await tab.waitForURL('**/admin');

    const stranger = await openTab(browser, `${guarded.url}/marketplace/rehearsal`);
    expect(new URL(stranger.url()).pathname).toBe('/admin/sign-in');
    const order = { ratePerMinute: '5', patienceMinutes: '5' };
    const post = (path: string, headers: Record<string, string> = {}) =>
      fetch(`${guarded.url}/marketplace/rehearsal${path}`, {
        method: 'POST',
        redirect: 'manual',
        headers,
        body: new URLSearchParams(order),
      });
    expect((await post('/crowd')).status).toBe(401);
    const [session] = await tab.context().cookies();
    expect((await post('/crowd', { cookie: `${session?.name}=${session?.value}` })).status).toBe(403);
    // Faults are not for this service: it does not even have the path.
    expect((await post('/faults')).status).toBe(404);

    await tab.goto(`${guarded.url}/marketplace/rehearsal`);
    await tab.getByText('FAULT_INJECTION=true').waitFor();
    await tab.getByLabel('How many come in a minute').fill('30');
    await tab.getByRole('button', { name: 'Start' }).click();
    await tab.locator('#perMinute', { hasText: '30' }).waitFor();
    await guarded.end();
  });
});
