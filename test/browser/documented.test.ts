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
/** The ten lines of README.md. */
let readme: string;
const htmlIn = (file: string): string[] =>
  [...readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8').matchAll(/```html\n(.*?)```/gs)].map(
    ([, html = '']) => html,
  );
beforeAll(async () => {
  service = await startTestService();
  browser = await startChromium();
  const examples = htmlIn('docs/landing-page.md');
  expect(examples).toHaveLength(2);
  const html = examples.join('\n').replaceAll('https://retainer.example.org', service.url);
  readme = htmlIn('README.md').join('\n').replaceAll('http://127.0.0.1:8080', service.url);
  server = createServer((request, response) => {
    response.setHeader('Content-Type', 'text/html; charset=utf-8');
    response.end(request.url?.startsWith('/readme?') ? readme : html);
  });
  origin = await listening(server);
});
afterAll(async () => {
  await browser?.close();
  server?.close();
  await service?.end();
});

async function open(query: Record<string, string>, path = ''): Promise<{ tab: Page; errors: readonly string[] }> {
  const tab = await (await browser.newContext()).newPage();
  const errors: string[] = [];
  tab.on('pageerror', ({ message }) => errors.push(message));
  await tab.goto(`${origin}/${path}?${new URLSearchParams(query)}`);
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

describe('the page of ten lines in README.md', () => {
  const submitted = async (tab: Page): Promise<Record<string, string>> => {
    const form = await tab.waitForRequest('**/mturk/externalSubmit');
    return Object.fromEntries(new URLSearchParams(form.postData() ?? ''));
  };
  const arrive = async (name: string) => {
    const { hit, reservationId } = await openWork(service);
    const visit = { workerId: `W${name}`, assignmentId: `A${name}`, hitId: hit };
    const { tab, errors } = await open({ ...visit, turkSubmitTo: `${service.url}/marketplace` }, 'readme');
    await tab.getByRole('button', { name: "I'm ready" }).click();
    await someoneWaits(reservationId);
    return { tab, errors, reservationId };
  };

  test('has ten lines of its own, and takes a worker to the submitted answer', async () => {
    expect(readme.trim().split('\n').length).toBeLessThanOrEqual(11);
    const { tab, errors, reservationId } = await arrive('TEN');
    expect((await post('reservation/invoke', reservationId)).status).toBe(200);
    await tab.getByRole('button', { name: 'Start' }).click();
    await tab.getByText('Question 42').waitFor();
    await tab.getByLabel('Answer').fill('run');
    const form = submitted(tab);
    await tab.getByRole('button', { name: 'Submit' }).click();
    expect(await form).toEqual({ answer: 'run', assignmentId: 'ATEN' });
    expect(errors).toEqual([]);
  });

  test('lets those whom nobody needs submit and be paid', async () => {
    const { tab, reservationId } = await arrive('PAID');
    expect((await post('reservation/cancel', reservationId)).status).toBe(200);
    const form = submitted(tab);
    await tab.getByRole('button', { name: 'Submit the HIT' }).click();
    expect(await form).toEqual({ result: 'waited', assignmentId: 'APAID' });
  });
});
