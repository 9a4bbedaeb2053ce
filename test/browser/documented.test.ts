import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openWork, startTestService, type TestService, until } from '../support/service.ts';
import { startChromium } from './chromium.ts';
import { listening } from './landingPage.ts';

let service: TestService;
let browser: Browser;
let server: Server;
let origin: string;
beforeAll(async () => {
  service = await startTestService();
  browser = await startChromium();
  const text = readFileSync(new URL('../../docs/landing-page.md', import.meta.url), 'utf8');
  const examples = [...text.matchAll(/```html\n(.*?)```/gs)].map(([, html]) => html);
  expect(examples).toHaveLength(2);
  const html = examples.join('\n').replaceAll('https://retainer.example.org', service.url);
  server = createServer((_, response) => {
    response.setHeader('Content-Type', 'text/html; charset=utf-8');
    response.end(html);
  });
  origin = await listening(server);
});
afterAll(async () => {
  await browser?.close();
  server?.close();
  await service?.end();
});

async function open(query: Record<string, string>): Promise<{ tab: Page; errors: readonly string[] }> {
  const tab = await (await browser.newContext()).newPage();
  const errors: string[] = [];
  tab.on('pageerror', ({ message }) => errors.push(message));
  await tab.goto(`${origin}/?${new URLSearchParams(query)}`);
  return { tab, errors };
}
const someoneWaits = (id: string): Promise<void> =>
  until(async () => (await (await fetch(`${service.url}/reservation/${id}`)).text()).includes('"workers":1'));
const actionOf = (tab: Page): Promise<string | null> => tab.locator('form').getAttribute('action');
const post = (path: string, id: string): Promise<Response> =>
  fetch(`${service.url}/${path}`, { method: 'POST', body: new URLSearchParams({ id }) });

describe('the page that docs/landing-page.md shows', () => {
  test('waits, is called, and submits to the marketplace it came from', async () => {
    const { hit, reservationId } = await openWork(service);
    const turkSubmitTo = `${service.url}/marketplace/`;
    const { tab, errors } = await open({ workerId: 'W1', assignmentId: 'A1', hitId: hit, turkSubmitTo });
    await tab.getByText('Please wait here').waitFor();
    await someoneWaits(reservationId);
    expect((await post('reservation/invoke', reservationId)).status).toBe(200);
    await tab.getByText('There is work: 42').waitFor();
    expect(await actionOf(tab)).toBe(`${service.url}/marketplace/mturk/externalSubmit`);
    expect(await tab.locator('[name=assignmentId]').inputValue()).toBe('A1');
    expect(errors).toEqual([]);
  });

  test('says that nobody needs the worker', async () => {
    const { hit, reservationId } = await openWork(service);
    const { tab } = await open({ workerId: 'W2', assignmentId: 'A2', hitId: hit });
    await someoneWaits(reservationId);
    expect((await post('reservation/cancel', reservationId)).status).toBe(200);
    await tab.getByText('Nobody needs you this time').waitFor();
  });

  test.each([
    ['in a preview, which has no turkSubmitTo', {}],
    ['to an origin it does not know', { turkSubmitTo: 'https://www.mturk.com.example.net' }],
    ['to an address that is none', { turkSubmitTo: 'javascript:alert(1)' }],
  ])('submits nowhere %s', async (_, turkSubmitTo) => {
    const { tab, errors } = await open({ assignmentId: 'ASSIGNMENT_ID_NOT_AVAILABLE', hitId: 'H', ...turkSubmitTo });
    expect(await actionOf(tab)).toBe(null);
    expect(errors).toEqual([]);
  });
});
