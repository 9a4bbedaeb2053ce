import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestService, type TestService } from '../support/service.ts';
import { startChromium } from './chromium.ts';
import { expectSound, type Look, openTab } from './pages.ts';

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

/** Its markup is heavy to look through: each scheme and each width once. */
const LOOKS: readonly Look[] = [
  { scheme: 'light', width: 1280 },
  { scheme: 'dark', width: 390 },
];
/** One that is sent a body, one with parameters and headers in its answer, and one that is outdated. */
const OPENED = ['postPuttask', 'getProtohitList', 'postPutwork'];

test.each(LOOKS)(
  'is sound in a $scheme scheme at $width pixels, with operations open',
  async (look) => {
    const tab = await openTab(browser, `${service.url}/docs`, look);
    for (const name of OPENED) {
      const operation = tab.locator(`[id$="-${name}"]`);
      await operation.locator('.opblock-summary-control').click();
      await operation.locator('.responses-table').first().waitFor();
    }
    await tab.locator('[id$="-postPuttask"] .try-out__btn').click();
    await tab.locator('[id$="-postPuttask"] .execute').waitFor();
    expect(await tab.locator('main').count()).toBe(1);
    await tab.getByLabel('Server', { exact: true }).waitFor();
    // Swagger UI's own markup: the button that opens an operation holds a link to it.
    await expectSound(tab, { but: ['nested-interactive'] });
  },
  120_000,
);

test('leads to the built-in marketplace, too, where there is one', async () => {
  expect(await (await fetch(`${service.url}/docs`)).text()).toContain('<a href="./marketplace">Marketplace</a>');
});
