import type { Browser, FrameLocator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestService, type TestService, until } from '../support/service.ts';
import { startChromium } from './chromium.ts';

const TITLE = 'Wait, then answer a question';

let service: TestService;
let browser: Browser;
let reservation: string;
beforeAll(async () => {
  service = await startTestService({ SCHEDULER_INTERVAL_SECONDS: '1' });
  browser = await startChromium();
  const protoHit = await ask('puttask', {
    json: JSON.stringify({
      hit_type_id: 'frame',
      title: TITLE,
      description: 'Waiting is paid.',
      keywords: 'quick',
      url: `${service.url}/example`,
      frame_height: 600,
      reward: 0.05,
      assignment_duration: 600,
      lifetime: 600,
      auto_approval_delay: 0,
      max_assignments: 1,
      worker_locale: '',
      approval_rating: 0,
    }),
  });
  reservation = await ask('reservation/make', { id: protoHit, foreignID: '42', delay: '60', numAssignments: '1' });
});
afterAll(async () => {
  await browser?.close();
  await service?.end();
});

async function ask(path: string, parameters: Record<string, string>): Promise<string> {
  const answer = await fetch(`${service.url}/${path}`, { method: 'POST', body: new URLSearchParams(parameters) });
  const text = await answer.text();
  expect(`${answer.status} ${text}`).toMatch(/^200 /);
  return text;
}

/** A worker who looks at the market until there is the HIT. */
async function atTheMarket(): Promise<Page> {
  const tab = await (await browser.newContext()).newPage();
  await until(async () => {
    await tab.goto(`${service.url}/marketplace`);
    return (await tab.getByRole('link', { name: TITLE }).count()) > 0;
  });
  return tab;
}
const framed = (tab: Page): FrameLocator => tab.frameLocator('iframe[sandbox]');
const state = (tab: Page, text: string): Promise<void> =>
  framed(tab).getByRole('status').filter({ hasText: text }).waitFor();

describe("the example's landing page in the marketplace's frame", () => {
  test('takes a worker from the market to their pay', async () => {
    const tab = await atTheMarket();
    await tab.getByRole('link', { name: TITLE }).first().click();
    await state(tab, 'This is a preview');
    await tab.getByRole('button', { name: 'Accept' }).click();
    await state(tab, 'Ready to wait?');
    await framed(tab).getByRole('button', { name: "I'm ready" }).click();
    await state(tab, 'Waiting for work');

    const shown = async (): Promise<{ workers: number; responded: number }> =>
      JSON.parse(await (await fetch(`${service.url}/reservation/${reservation}`)).text());
    await until(async () => (await shown()).workers === 1);
    await ask('reservation/invoke', { id: reservation });
    await state(tab, 'There is work!');
    await framed(tab).getByRole('button', { name: 'Start' }).click();
    await until(async () => (await shown()).responded === 1);

    await framed(tab).getByLabel('A boat').check();
    await framed(tab).getByRole('button', { name: 'Submit' }).click();
    await tab.getByRole('heading', { name: 'You earned $0.05' }).waitFor();
    await tab.getByRole('link', { name: 'Earnings' }).click();
    await tab.getByRole('row', { name: new RegExp(`${TITLE} sandbox approved .* \\$0.05 \\$0.05`) }).waitFor();
  });
});
