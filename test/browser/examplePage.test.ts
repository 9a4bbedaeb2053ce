import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openWork, startTestService, type TestService, until } from '../support/service.ts';
import { startChromium } from './chromium.ts';
import { expectSound, looks, openTab } from './pages.ts';

let service: TestService;
let browser: Browser;
let workers = 0;
beforeAll(async () => {
  service = await startTestService();
  browser = await startChromium();
});
afterAll(async () => {
  await browser?.close();
  await service?.end();
});

const says = (tab: Page, title: string): Promise<void> => tab.getByRole('status').filter({ hasText: title }).waitFor();
const someoneWaits = (id: string): Promise<void> =>
  until(async () => (await (await fetch(`${service.url}/reservation/${id}`)).text()).includes('"workers":1'));
/** A picture for whoever looks at the pages, if they said where: SCREENSHOTS=/some/folder. */
async function picture(tab: Page, name: string): Promise<void> {
  const folder = process.env['SCREENSHOTS'];
  if (folder) await tab.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
}

describe.each(looks)('the example, $scheme, $width px wide', (look) => {
  const name = (state: string): string => `example-${state}-${look.scheme}-${look.width}`;

  test('leads from the preview to the submitted label, by keyboard alone', async () => {
    const { hit, reservationId } = await openWork(service);
    const n = ++workers;
    const visit = new URLSearchParams({
      workerId: `W${n}`,
      assignmentId: `A${n}`,
      hitId: hit,
      turkSubmitTo: `${service.url}/marketplace`,
    });
    const tab = await openTab(browser, `${service.url}/example?assignmentId=ASSIGNMENT_ID_NOT_AVAILABLE`, look);
    await says(tab, 'This is a preview');
    await expectSound(tab);
    await tab.goto(`${service.url}/example`);
    await says(tab, 'This page was opened without its HIT');
    await expectSound(tab);
    await tab.goto(`${service.url}/example?${visit}`);
    await says(tab, 'Ready to wait?');
    await tab.getByText('Pays $0.12').waitFor();
    await tab.getByText('At most 5:00').waitFor();
    await expectSound(tab);
    await picture(tab, name('arrived'));
    await tab.keyboard.press('Tab');
    await tab.keyboard.press('Enter');
    await says(tab, 'Waiting for work');
    await tab.getByText('Connected').waitFor();
    await expectSound(tab);
    await picture(tab, name('waiting'));
    const invoked = fetch(`${service.url}/reservation/invoke`, {
      method: 'POST',
      body: new URLSearchParams({ id: reservationId }),
    });
    expect(await (await invoked).text()).toBe('OK');
    await says(tab, 'There is work!');
    await expectSound(tab);
    await picture(tab, name('called'));
    await tab.keyboard.press('Enter');
    await tab.getByText('What does the picture show?').waitFor();
    await expectSound(tab);
    await picture(tab, name('task'));
    await tab.keyboard.press('Space');
    const submits = tab.waitForRequest('**/mturk/externalSubmit');
    await tab.keyboard.press('Enter');
    await tab.waitForURL('**/mturk/externalSubmit');
    expect(Object.fromEntries(new URLSearchParams((await submits).postData() ?? ''))).toEqual({
      label: 'boat',
      assignmentId: `A${n}`,
    });
  });

  test('says by keyboard that the worker left, is away, is asked for, and that nobody needs them', async () => {
    const { hit, reservationId } = await openWork(service);
    const n = ++workers;
    const visit = new URLSearchParams({ workerId: `W${n}`, assignmentId: `A${n}`, hitId: hit });
    const tab = await openTab(browser, `${service.url}/example`, look);
    await tab.clock.install();
    await tab.goto(`${service.url}/example?${visit}`);
    await tab.getByRole('button', { name: "I'm ready" }).press('Enter');
    await someoneWaits(reservationId);
    await tab.getByRole('button', { name: 'Leave' }).press('Enter');
    await says(tab, 'You left');
    await expectSound(tab);
    await picture(tab, name('left'));
    await tab.getByRole('button', { name: 'Wait again' }).press('Enter');
    await tab.context().setOffline(true);
    await tab.getByText('Reconnecting').waitFor();
    await tab.getByText('This time does not count, and is not paid.').waitFor();
    await expectSound(tab);
    await picture(tab, name('offline'));
    await tab.context().setOffline(false);
    await tab.getByText('Connected').waitFor();
    await tab.clock.fastForward(300_000);
    await tab.getByRole('alert').filter({ hasText: 'Are you still there?' }).waitFor();
    await expectSound(tab);
    await picture(tab, name('asked'));
    await tab.getByRole('button', { name: "I'm here" }).press('Enter');
    await someoneWaits(reservationId);
    await fetch(`${service.url}/reservation/cancel`, {
      method: 'POST',
      body: new URLSearchParams({ id: reservationId }),
    });
    await says(tab, 'The wait is over');
    await tab.getByText('Pays $0.12').waitFor();
    await expectSound(tab);
    await picture(tab, name('released'));
  });
});
