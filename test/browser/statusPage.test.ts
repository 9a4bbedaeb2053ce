import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openWork, startTestService, type TestService } from '../support/service.ts';
import { startChromium } from './chromium.ts';

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

async function open(path: string, width: number): Promise<Page> {
  const tab = await (await browser.newContext({ viewport: { width, height: 800 } })).newPage();
  await tab.goto(`${service.url}${path}`);
  return tab;
}

describe('the status page', () => {
  test.each([1280, 390])('shows how reservations stand, all of it at %i pixels, and follows', async (width) => {
    const { reservationId } = await openWork(service, { numAssignments: 7 });
    const tab = await open('/status', width);
    const newest = tab.locator('tbody tr').first();
    await newest.locator('[data-column=State]', { hasText: 'made' }).waitFor();
    expect(await newest.locator('[data-column=Asked]').textContent()).toBe('7');
    expect(await tab.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    const cancelled = await fetch(`${service.url}/reservation/cancel`, {
      method: 'POST',
      body: new URLSearchParams({ id: reservationId }),
    });
    expect(await cancelled.text()).toBe('OK');
    await newest.locator('[data-column=State]', { hasText: 'cancelled' }).waitFor();
  });

  test('says that it needs a key, and takes one from its address', async () => {
    await openWork(service);
    const context = { actor: 'operator:test', requestId: 'test' } as const;
    const issued = await service.core.commands.issueApiKey(context, { label: 'the status page' });
    if (issued.type === 'refused') throw new Error(issued.refusal.message);
    const without = await open('/status', 1280);
    await without.getByText('The API needs a key').waitFor();
    expect(await without.locator('tbody tr').count()).toBe(0);
    const withKey = await open(`/status?apiKey=${issued.value.key}`, 1280);
    await withKey.locator('tbody tr').first().waitFor();
  });
});
