import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openWork, startTestService, type TestService, until } from '../support/service.ts';
import { startChromium } from './chromium.ts';
import { expectSound, looks, openTab } from './pages.ts';
import { hears, type Room, says, seen, TASK, waitingRooms } from './rooms.ts';

let service: TestService;
let browser: Browser;
let rooms: Awaited<ReturnType<typeof waitingRooms>>;
beforeAll(async () => {
  service = await startTestService();
  browser = await startChromium();
  rooms = await waitingRooms(browser, service);
});
afterAll(async () => {
  await rooms?.close();
  await browser?.close();
  await service?.end();
});

type Told = { readonly start: boolean; readonly [what: string]: unknown };
const CALLED = { start: true, taskID: 42 };

/** A service that says what it is told to say of this tab's place, from the moment it is told; pings go through. */
async function placeIn(tab: Page): Promise<(told: Told) => void> {
  let said: Told = { start: false };
  let saidAt = 0;
  /** Of what was kept when it was said, some is gone. */
  const now = (): Told => {
    const { keptForMs } = said;
    return typeof keptForMs === 'number'
      ? { ...said, keptForMs: Math.max(0, keptForMs - (performance.now() - saidAt)) }
      : said;
  };
  const headers = { 'Access-Control-Allow-Origin': '*' };
  await tab.route('**/wait/**', (route) => route.abort());
  await tab.route('**/gettask/**', (route) => route.fulfill({ json: now(), headers }));
  return (told) => {
    said = told;
    saidAt = performance.now();
  };
}

async function called(keptForMs: number, options = ''): Promise<Room & { readonly say: (told: Told) => void }> {
  let say: (told: Told) => void = () => {};
  const room = await rooms.open({
    options,
    first: "var why; Retainer.released = (reason) => { why = reason; heard.push('released'); };",
    before: async (tab) => {
      say = await placeIn(tab);
    },
  });
  await room.button("I'm ready").click();
  await room.someoneWaits();
  say({ ...CALLED, keptForMs });
  await says(room, 'There is work!');
  return { ...room, say };
}
const facts = (tab: Page): Promise<string | null> => tab.locator('.retainer-facts').textContent();
const OVER = [
  ['tooLate', 'Your place has gone'],
  ['over', 'The work is over'],
  ['notNeeded', 'The wait is over'],
  ['waitedLongest', 'The wait is over'],
  ['blocked', 'The wait is over'],
] as const;

describe('a worker who is called', () => {
  test('sees for how long their place is kept, then that it may go to somebody else', async () => {
    const { tab, say } = await called(59_000);
    const left = async (): Promise<number> => Number(/^Start within 0:(\d\d)/.exec((await facts(tab)) ?? '')?.[1]);
    const first = await left();
    expect(first).toBeGreaterThan(0);
    await until(async () => (await left()) < first);
    say({ ...CALLED, keptForMs: 0 });
    await tab.getByText('Your place may go to somebody else.').waitFor();
    expect(await facts(tab)).not.toContain('Start within');
  });

  test('is at the task only when the service says that the place is theirs', async () => {
    const { tab, say, button, title } = await called(0);
    await button('Start').click();
    await says({ title }, 'One moment');
    const polls = async (): Promise<void> => void (await tab.waitForResponse('**/gettask/**'));
    await polls();
    await polls();
    expect(await tab.evaluate('heard')).toEqual([]);
    say(CALLED);
    await hears(tab, [TASK]);
    expect(await tab.locator('.retainer-panel').isVisible()).toBe(false);
  });

  test('who starts too late never gets the task: hears that the place has gone, and submits', async () => {
    const { tab, say, button, title } = await called(0);
    await button('Start').click();
    say({ start: false, released: true, reason: 'tooLate' });
    await says({ title }, 'Your place has gone');
    await tab.getByText('nobody’s fault').waitFor();
    await hears(tab, ['released']);
    expect(await button('Submit the HIT').count()).toBe(1);
  });

  test.each(OVER)('hears that it is over (%s), without pressing anything', async (reason, words) => {
    const { tab, say, title, button } = await called(20_000);
    say({ start: false, released: true, reason });
    await says({ title }, words);
    await hears(tab, ['released']);
    expect(await tab.evaluate('[room.view().reason, why]')).toEqual([reason, reason]);
    expect(await tab.title()).toBe('Landing page');
    expect(await button('Submit the HIT').count()).toBe(1);
  });

  test('is told so in the page’s own words, if it has some for the end', async () => {
    const { say, title } = await called(20_000, `texts: { released: ['Vorbei'], over: ['Die Arbeit ist vorbei'] }`);
    say({ start: false, released: true, reason: 'over' });
    await says({ title }, 'Die Arbeit ist vorbei');
    const other = await called(20_000, `texts: { released: ['Vorbei'] }`);
    other.say({ start: false, released: true, reason: 'tooLate' });
    await says(other, 'Vorbei');
  });

  test('of a page without a waiting room reports before the page shows the task', async () => {
    const { hit } = await openWork(service);
    const tab = await openTab(browser, 'about:blank');
    const say = await placeIn(tab);
    const working = tab.waitForRequest('**/event/working?*');
    const visit = new URLSearchParams({ workerId: 'WINIT', assignmentId: 'AINIT', hitId: hit });
    await tab.route('**/plain?*', (route) =>
      route.fulfill({
        contentType: 'text/html',
        body: `<!doctype html><script src="/retainer.js"></script><script>
          heard = [];
          Retainer.hasWork = (work) => heard.push(work);
          Retainer.released = () => heard.push('released');
          Retainer.init();</script>`,
      }),
    );
    await tab.goto(`${service.url}/plain?${visit}`);
    say({ ...CALLED, keptForMs: 5_000 });
    await working;
    await tab.waitForResponse('**/gettask/**');
    expect(await tab.evaluate('heard')).toEqual([]);
    say(CALLED);
    await hears(tab, [TASK]);
  });
});

/** A picture for whoever looks at the pages, if they said where: SCREENSHOTS=/some/folder. */
async function picture(tab: Page, name: string): Promise<void> {
  const folder = process.env['SCREENSHOTS'];
  if (folder) await tab.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
}

describe.each(looks)('the example, $scheme, $width px wide', (look) => {
  test('shows the time that is left, and the end, in good order', async () => {
    const { hit } = await openWork(service);
    const tab = await openTab(browser, 'about:blank', look);
    const say = await placeIn(tab);
    const who = `${look.scheme}${look.width}`.toUpperCase();
    const visit = new URLSearchParams({ workerId: `W${who}`, assignmentId: `A${who}`, hitId: hit });
    await tab.goto(`${service.url}/example?${visit}`);
    const room = seen(tab);
    await room.button("I'm ready").click();
    say({ ...CALLED, keptForMs: 20_000 });
    await says(room, 'There is work!');
    await expectSound(tab);
    await picture(tab, `place-kept-${look.scheme}-${look.width}`);
    say({ ...CALLED, keptForMs: 0 });
    await tab.getByText('Your place may go to somebody else.').waitFor();
    await picture(tab, `place-passing-${look.scheme}-${look.width}`);
    await room.button('Start').click();
    await says(room, 'One moment');
    await expectSound(tab);
    await picture(tab, `place-asked-${look.scheme}-${look.width}`);
    say({ start: false, released: true, reason: 'tooLate' });
    await says(room, 'Your place has gone');
    await expectSound(tab);
    await picture(tab, `place-lost-${look.scheme}-${look.width}`);
  });
});
