import { createServer } from 'node:http';
import type { Browser, FrameLocator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AssignmentId, BonusId, WorkerId } from '../../src/domain/ids.ts';
import { createMTurk } from '../../src/marketplace/mturk/mturk.ts';
import { createRateLimit } from '../../src/marketplace/mturk/rateLimit.ts';
import { marketplaceKey, OWN_REQUESTER } from '../../src/postgres/sharedSecret.ts';
import { startTestService, type TestService } from '../support/service.ts';
import { startChromium } from './chromium.ts';
import { listening } from './landingPage.ts';
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

async function ask(path: string, parameters: Record<string, string>): Promise<string> {
  const answer = await fetch(`${service.url}/${path}`, { method: 'POST', body: new URLSearchParams(parameters) });
  const text = await answer.text();
  expect(`${answer.status} ${text}`).toMatch(/^200 /);
  return text;
}

/** HITs of a new kind on the market; answers with their title and the reservation they are for. */
let kinds = 0;
async function post(more: Record<string, unknown> = {}): Promise<{ title: string; reservation: string }> {
  const title = `Wait, then answer question ${++kinds}`;
  const protoHit = {
    ...{ title, description: 'Waiting is paid.', keywords: 'quick', url: `${service.url}/example` },
    ...{ frame_height: 600, reward: 0.05, assignment_duration: 600, lifetime: 600, auto_approval_delay: 0 },
    ...{ max_assignments: 1, worker_locale: '', approval_rating: 0, ...more },
  };
  const id = await ask('puttask', { json: JSON.stringify(protoHit) });
  const reservation = await ask('reservation/make', { id, foreignID: '42', delay: '60', numAssignments: '1' });
  await ask('tour/round', {});
  return { title, reservation };
}

const market = (worker: string, path = ''): string => `${service.url}/marketplace${path}?workerId=${worker}`;
const framed = (tab: Page): FrameLocator => tab.frameLocator('iframe[sandbox]');
const state = (tab: Page, text: string): Promise<void> =>
  framed(tab).getByRole('status').filter({ hasText: text }).waitFor();
const accept = (tab: Page, title: string) => tab.getByRole('button', { name: `Accept “${title}”` }).click();
const outcome = (tab: Page, name: string) => tab.getByRole('heading', { name }).waitFor();
const assignmentIn = (tab: Page): AssignmentId =>
  AssignmentId.parse(/assignments\/(\w+)/.exec(new URL(tab.url()).pathname)?.[1]);
async function submit(tab: Page): Promise<void> {
  const body = new URLSearchParams({ assignmentId: assignmentIn(tab), label: 'boat' });
  expect((await fetch(`${service.url}/marketplace/mturk/externalSubmit`, { method: 'POST', body })).status).toBe(200);
}
/** A picture for whoever looks at the pages, if they said where: SCREENSHOTS=/some/folder. */
async function picture(tab: Page, name: string): Promise<void> {
  const folder = process.env['SCREENSHOTS'];
  if (folder) await tab.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
}

describe('a newcomer with two tabs', () => {
  test('accepts a HIT in one, presses invoke in the other, and is called', async () => {
    const { title, reservation } = await post();
    const worker = await openTab(browser, `${service.url}/marketplace`);
    await accept(worker, title);
    await framed(worker).getByRole('button', { name: "I'm ready" }).click();
    await state(worker, 'Waiting for work');

    const status = await worker.context().newPage();
    await status.goto(`${service.url}/status`);
    const row = status.locator('#reservations tr', {
      has: status.locator(`a[href="/status/reservation/${reservation}"]`),
    });
    const invoke = row.getByRole('button', { name: /^invoke/ });
    await invoke.waitFor();
    // It asks first whether that is meant.
    status.once('dialog', (question) => void question.accept());
    await invoke.click();
    await state(worker, 'There is work!');
  });
});

describe('the list', () => {
  test('shows a HIT that was posted while it was open, by itself, with what it pays and asks', async () => {
    const tab = await openTab(browser, market('ALISTED'));
    const { title } = await post({ reward: 0.3, assignment_duration: 1800, max_assignments: 4 });
    const entry = tab.getByRole('listitem').filter({ hasText: title });
    await entry.filter({ hasText: '3 places left in 1 HIT' }).waitFor();
    const text = String(await entry.textContent());
    for (const words of ['$0.30', 'at least $0.60 an hour', 'sandbox', 'by RETAINER', '30 min allotted'])
      expect(text).toContain(words);
    expect(text).toMatch(/posted (just now|\d+ s ago)/);
    expect(await tab.getByRole('listitem').first().textContent()).toContain(title);
    await tab.getByRole('status').filter({ hasText: 'left in HITs' }).waitFor({ state: 'attached' });
  });

  test('keeps the keyboard where it is while the list changes around it', async () => {
    const { title } = await post();
    const tab = await openTab(browser, market('AKEYS'));
    await tab.getByRole('button', { name: `Accept “${title}”` }).focus();
    await tab
      .getByRole('listitem')
      .filter({ hasText: (await post()).title })
      .waitFor();
    expect(await tab.evaluate('document.activeElement.textContent')).toContain(title);
  });

  test('says on which side of the market a HIT is', async () => {
    const { title } = await post({ sandbox: false });
    const tab = await openTab(browser, market('ASIDES'));
    await tab.getByRole('listitem').filter({ hasText: title }).getByText('live', { exact: true }).waitFor();
  });

  test('does not offer again what a worker has had', async () => {
    const { title } = await post();
    const tab = await openTab(browser, market('AGAIN'));
    for (let n = 0; n < 3; n++) {
      await tab.goto(market('AGAIN'));
      await accept(tab, title);
      await submit(tab);
    }
    await tab.goto(market('AGAIN'));
    expect(await tab.getByRole('listitem').filter({ hasText: title }).count()).toBe(0);
  });
});

describe('who a visitor is', () => {
  test('is the same in this browser, and another worker in another tab if they want', async () => {
    const tab = await openTab(browser, `${service.url}/marketplace`);
    const nameIn = (one: Page) => one.locator('.who strong').textContent();
    const first = await nameIn(tab);
    const opens = tab.waitForEvent('popup');
    await tab.getByRole('link', { name: /^Another worker/ }).click();
    const other = await opens;
    const second = await nameIn(other);
    expect(second).toMatch(/^A\w+$/);
    expect(second).not.toBe(first);
    for (const place of ['Earnings', 'HITs', 'Earnings'])
      for (const [one, name] of [
        [tab, first],
        [other, second],
      ] as const) {
        await one.getByRole('link', { name: place, exact: true }).click();
        expect(await nameIn(one)).toBe(name);
      }
    await tab.goto(`${service.url}/marketplace`);
    expect(await nameIn(tab)).toBe(first);
  });
});

describe('a HIT in its frame', () => {
  test('counts its time down, and can be returned', async () => {
    const { title } = await post();
    const tab = await openTab(browser, market('ABACK'));
    await accept(tab, title);
    await tab.getByText(/^9:\d\d left$/).waitFor();
    await tab.getByText('Return this HIT…').click();
    await tab.getByText('You are not paid, not for waiting either; somebody else can do it.').waitFor();
    await tab.getByRole('button', { name: 'Return it unpaid' }).click();
    await outcome(tab, 'Returned');
  });

  test('says by itself that it was submitted, what it brings, and what comes next', async () => {
    const { title } = await post({ auto_approval_delay: 3600 });
    const tab = await openTab(browser, market('ANEXT'));
    await accept(tab, title);
    await state(tab, 'Ready to wait?');
    await submit(tab);
    await outcome(tab, 'Submitted. Thank you!');
    await tab.getByText('then you get $0.05').waitFor();
    await tab.getByText(/approved by itself in (59:\d\d|1:00:00)/).waitFor();
    await tab.getByRole('button', { name: `Accept the next HIT “${title}”` }).click();
    await tab.getByText(/^\d+:\d\d left$/).waitFor();
  });

  test('says by itself when the time is up', async () => {
    const { title } = await post({ assignment_duration: 30 });
    const tab = await openTab(browser, market('ALATE'));
    await accept(tab, title);
    await tab.locator('iframe').waitFor();
    const body = JSON.stringify({ advanceSeconds: 31 });
    expect((await fetch(`${service.url}/marketplace/control/clock`, { method: 'POST', body })).status).toBe(200);
    await outcome(tab, 'The time is up');
  });

  test('is told kindly that somebody else was quicker', async () => {
    const { title } = await post();
    const [slow, quick] = [await openTab(browser, market('ASLOW')), await openTab(browser, market('AQUICK'))];
    await Promise.all([slow, quick].map((tab) => tab.getByRole('link', { name: title }).click()));
    await Promise.all([slow, quick].map((tab) => tab.getByText('this is a preview').waitFor()));
    await accept(quick, title);
    await quick.locator('iframe').waitFor();
    await accept(slow, title);
    await slow.getByText('Somebody else was quicker').waitFor();
  });

  test('gives a page of any origin what it needs, and no way to leave the frame', async () => {
    const server = createServer((_, response) => {
      response.setHeader('Content-Type', 'text/html');
      response.end(`<button onclick="localStorage.mine = 'kept'; window.open('about:blank'); this.textContent = localStorage.mine">Try</button>
        <button onclick="try { top.location = 'about:blank' } catch { this.textContent = 'refused' }">Leave</button>`);
    });
    const origin = await listening(server);
    const { title } = await post({ url: `${origin}/landing?kind=1` });
    const tab = await openTab(browser, market('AFRAME'));
    await accept(tab, title);
    const source = new URL((await tab.locator('iframe').getAttribute('src')) ?? '');
    expect(Object.fromEntries(source.searchParams)).toEqual({
      kind: '1',
      assignmentId: assignmentIn(tab),
      hitId: expect.stringMatching(/^3\w{29}$/),
      workerId: 'AFRAME',
      turkSubmitTo: `${service.url}/marketplace`,
    });
    const opens = tab.waitForEvent('popup');
    await framed(tab).getByRole('button', { name: 'Try' }).click();
    await opens;
    await framed(tab).getByRole('button', { name: 'kept' }).waitFor();
    const { href } = new URL(tab.url());
    await framed(tab).getByRole('button', { name: 'Leave' }).click();
    await framed(tab).getByRole('button', { name: 'refused' }).waitFor();
    expect(tab.url()).toBe(href);
    expect(await tab.locator('iframe').getAttribute('allow')).toBe('autoplay; fullscreen; clipboard-write');

    expect(await tab.getByRole('link', { name: 'Use a strict frame' }).count()).toBe(0);
    await tab.goto(`${href}&frame=strict`);
    await tab.locator('iframe').waitFor();
    expect(await tab.locator('iframe').getAttribute('sandbox')).toBe('allow-scripts allow-same-origin allow-forms');
    await framed(tab).getByRole('button', { name: 'Try' }).click();
    await framed(tab).getByRole('button', { name: 'kept' }).waitFor();
    expect(tab.context().pages()).toHaveLength(2);
    server.close();
  });

  test('stands in no other site, which could make workers press what they do not see', async () => {
    for (const path of ['', '/earnings', '/rehearsal']) {
      const { headers } = await fetch(`${service.url}/marketplace${path}`);
      expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    }
    const example = await fetch(`${service.url}/example`);
    expect(`${example.headers.get('content-security-policy')}`).not.toContain('frame-ancestors');
  });
});

describe('earnings', () => {
  test('tell what is waiting, what was paid, bonuses, and why something was turned down', async () => {
    const { title } = await post({ auto_approval_delay: 3600, reward: 0.2 });
    const tab = await openTab(browser, market('AEARNS'));
    const assignments: AssignmentId[] = [];
    for (let n = 0; n < 3; n++) {
      await tab.goto(market('AEARNS'));
      await accept(tab, title);
      assignments.push(assignmentIn(tab));
      await submit(tab);
    }
    const [good, bad] = assignments;
    if (good === undefined || bad === undefined) throw new Error('nothing was accepted');
    const requester = createMTurk({
      name: 'simulated',
      endpoint: `${service.url}/marketplace/api/sandbox`,
      credentials: { accessKeyId: OWN_REQUESTER, secretAccessKey: await marketplaceKey(service.core.db) },
      rateLimit: createRateLimit({ perSecond: 100, burst: 100 }),
      sandbox: true,
      clock: Date.now,
    });
    await requester.approve(good);
    const thanks = {
      token: BonusId.parse(crypto.randomUUID()),
      workerId: WorkerId.parse('AEARNS'),
      cents: 7,
      decidedAt: Date.now(),
      paidAlike: 0,
    };
    await requester.bonus({ ...thanks, assignmentId: good, reason: 'You came so quickly.' });
    await requester.reject(bad, 'The picture shows a tree.');
    await tab.getByRole('link', { name: 'Earnings' }).click();
    expect(await tab.locator('dl.figures > div').allTextContents()).toEqual([
      ...['paid in all$0.27', 'for approved work$0.20', 'bonuses$0.07', 'waiting for review$0.20', 'turned down$0.20'],
    ]);
    await tab.getByRole('row', { name: /approved .* \$0\.20 \$0\.07 \$0\.27 You came so quickly\./ }).waitFor();
    await tab.getByRole('row', { name: /turned down .* \$0\.00 The picture shows a tree\./ }).waitFor();
    await tab
      .getByRole('row', { name: /turned down/ })
      .getByRole('link')
      .click();
    await outcome(tab, 'Not paid');
  });
});

describe.each(looks)("the worker's pages in a $scheme scheme at $width pixels", (look) => {
  const worker = `A${look.scheme}${look.width}`.toUpperCase();
  const name = (page: string) => `market-${page}-${look.scheme}-${look.width}`;

  test('are sound, and lead by keyboard alone from the list to the pay', async () => {
    const { title, reservation } = await post();
    const tab = await openTab(browser, market(worker), look);
    const focus = async (words: string) => {
      for (let presses = 0; presses < 80; presses++) {
        await tab.keyboard.press('Tab');
        if ((await tab.evaluate<string>(`document.activeElement?.textContent ?? ''`)).trim().startsWith(words)) return;
      }
      throw new Error(`the keyboard does not reach "${words}"`);
    };
    await tab.getByRole('link', { name: title }).waitFor();
    await expectSound(tab);
    await picture(tab, name('list'));
    await focus(title);
    await tab.keyboard.press('Enter');
    await state(tab, 'This is a preview');
    await expectSound(tab);
    await picture(tab, name('preview'));
    await focus('Accept');
    await tab.keyboard.press('Enter');
    await state(tab, 'Ready to wait?');
    await expectSound(tab);
    await framed(tab).getByRole('button', { name: "I'm ready" }).focus();
    await tab.keyboard.press('Enter');
    await state(tab, 'Waiting for work');
    await picture(tab, name('work'));
    await ask('reservation/invoke', { id: reservation });
    await state(tab, 'There is work!');
    await framed(tab).getByRole('button', { name: 'Start' }).focus();
    await tab.keyboard.press('Enter');
    // The task shows when the service has said that the place is theirs; a hidden field takes no focus.
    await framed(tab).getByLabel('A boat').waitFor();
    await framed(tab).getByLabel('A boat').focus();
    await tab.keyboard.press('Space');
    await tab.keyboard.press('Enter');
    await outcome(tab, 'You earned $0.05');
    expect(await tab.evaluate('document.activeElement.textContent')).toBe('You earned $0.05');
    await expectSound(tab);
    await picture(tab, name('paid'));
    await focus('What I earned');
    await tab.keyboard.press('Enter');
    await tab.getByRole('row', { name: /approved/ }).waitFor();
    await expectSound(tab);
    await picture(tab, name('earnings'));
  });

  test('are sound when there is nothing', async () => {
    const empty = await startTestService();
    const tab = await openTab(browser, `${empty.url}/marketplace`, look);
    await tab.getByRole('heading', { name: 'No HITs now' }).waitFor();
    await expectSound(tab);
    await picture(tab, name('empty'));
    await tab.goto(`${empty.url}/marketplace/assignments/NOTHERE`);
    await tab.getByRole('heading', { name: 'Not yours' }).waitFor();
    await expectSound(tab);
    await empty.end();
  });
});
