import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openWork, startTestService, type TestService, until } from '../support/service.ts';
import { startChromium } from './chromium.ts';
import { hears, says, TASK, waitingRooms } from './rooms.ts';

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

/** How a browser may be without something: it has none; it denies even the look; it has it, and it does not work. */
const WAYS = {
  missing: 'value: undefined',
  denied: "get() { throw new DOMException('denied', 'SecurityError'); }",
  broken: "value: function () { throw new DOMException('denied', 'NotAllowedError'); }",
};

/** Everything that the script uses and could do without, and whose it is. */
const LACKING: readonly (readonly [owner: string, name: string])[] = [
  ['window', 'BroadcastChannel'],
  ['window', 'CSSStyleSheet'],
  ['window', 'AudioContext'],
  ['window', 'Notification'],
  ['window', 'EventSource'],
  ['window', 'Worker'],
  ['window', 'Blob'],
  ['window', 'localStorage'],
  ['window', 'sessionStorage'],
  ['window', 'reportError'],
  ['URL', 'createObjectURL'],
  ['document', 'adoptedStyleSheets'],
  ['CSSStyleSheet.prototype', 'replaceSync'],
  ['navigator', 'locks'],
  ['navigator', 'vibrate'],
  ['navigator', 'sendBeacon'],
  ['navigator', 'userActivation'],
  ['navigator', 'onLine'],
  ['performance', 'getEntriesByType'],
  ['Request.prototype', 'keepalive'],
  ['Notification', 'requestPermission'],
  ['AudioContext.prototype', 'resume'],
  ['AudioContext.prototype', 'createOscillator'],
];

describe.each(LACKING)('a browser in which %s.%s', (owner, name) => {
  test(`is ${Object.keys(WAYS).join(', or is ')}: the panel shows, the worker is called, starts and submits`, async () => {
    const work = await openWork(service, { numAssignments: Object.keys(WAYS).length });
    const opened = await Promise.all(
      Object.values(WAYS).map((way) =>
        rooms.open({
          work,
          before: async (tab) => {
            await tab.route('https://www.mturk.com/**', (route) => route.fulfill({ body: 'The marketplace has it' }));
            await tab.addInitScript(`Object.defineProperty(${owner}, '${name}', { configurable: true, ${way} });`);
          },
        }),
      ),
    );
    for (const room of opened) {
      await says(room, 'Ready to wait?');
      await room.button("I'm ready").click();
      await room.tab.getByText('Connected').waitFor();
    }
    await until(async () => (await rooms.shown(work.reservationId)).workers === opened.length);
    await rooms.ask('reservation/invoke', work.reservationId);
    for (const room of opened) {
      await says(room, 'There is work!');
      await room.button('Start').click();
      await hears(room.tab, [TASK]);
      await room.tab.evaluate("Retainer.submit({ label: 'boat' })");
      await room.tab.getByText('The marketplace has it').waitFor();
      expect(room.page.errors).toEqual([]);
      await room.tab.context().close();
    }
  });
});

test('a browser whose style sheets are frozen shows the panel in its look all the same', async () => {
  const { tab } = await rooms.open({
    before: (opened) =>
      opened.addInitScript(
        `Object.defineProperty(document, 'adoptedStyleSheets', { value: Object.freeze([]), configurable: true });`,
      ),
  });
  await until(() =>
    tab.evaluate<boolean>('getComputedStyle(document.querySelector(".retainer-main")).color === "rgb(255, 255, 255)"'),
  );
});

test('a browser without sound offers none, and asks for leave to notify all the same', async () => {
  const room = await rooms.open({
    before: (tab) =>
      tab.addInitScript(`
        delete window.AudioContext;
        asked = 0;
        Notification.requestPermission = () => { asked++; };`),
  });
  await room.button("I'm ready").click();
  await room.someoneWaits();
  await until(async () => (await room.button('Turn on the sound').count()) === 0);
  expect(await room.tab.evaluate('asked')).toBe(1);
  expect(room.page.errors).toEqual([]);
});
