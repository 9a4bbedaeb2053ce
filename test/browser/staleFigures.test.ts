import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type FlakyWay, flakyWay } from '../http/flakyDatabase.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';
import { openWork, startTestService, type TestService } from '../support/service.ts';
import { startChromium } from './chromium.ts';
import { createGate } from './gate.ts';
import { openTab } from './pages.ts';

let way: FlakyWay;
let database: TestDatabase;
let service: TestService;
let browser: Browser;
let pages: Readonly<Record<string, string>>;
beforeAll(async () => {
  way = await flakyWay();
  database = await freshDatabase();
  service = await startTestService({ DATABASE_URL: way.via(database.url) });
  browser = await startChromium();
  const { reservationId } = await openWork(service);
  pages = { 'the status page': '/status', "a reservation's page": `/status/reservation/${reservationId}` };
});
afterAll(async () => {
  await way?.mend();
  await browser?.close();
  await service?.end();
  await database?.drop();
  await way?.close();
});

const state = (tab: Page, text: string | RegExp) => tab.locator('#state', { hasText: text }).waitFor();
const OF_WHEN = /, figures of \d{1,2}:\d\d:\d\d/;

describe.each(['the status page', "a reservation's page"])('%s', (name) => {
  test.each(['cut', 'freeze'] as const)(
    'is not live while its database is away (%s), and says of when its figures are',
    async (away) => {
      const tab = await openTab(browser, service.url + pages[name]);
      await state(tab, 'live');
      await way[away]();
      await state(tab, /^\s*not ready/);
      expect(await tab.locator('#state').textContent()).toMatch(OF_WHEN);
      await way.cut();
      await way.mend();
      await state(tab, 'live');
    },
  );

  test.each(['refuses', 'is silent'] as const)('is not live while the service %s', async (away) => {
    const gate = await createGate(service.url);
    const tab = await openTab(browser, gate.url + pages[name]);
    await state(tab, 'live');
    await gate.shut(away);
    await state(tab, OF_WHEN);
    await gate.open();
    await state(tab, 'live');
    await gate.close();
  });

  test('is not live when nothing comes any more over a connection that stays', async () => {
    const line = await flakyWay();
    const tab = await openTab(browser, new URL(pages[name] ?? '', line.via(service.url)).href);
    await state(tab, 'live');
    line.freeze();
    await state(tab, /^\s*no answer, figures of/);
    await line.cut();
    await line.mend();
    await state(tab, 'live');
    await line.close();
  });
});
