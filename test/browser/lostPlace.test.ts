import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openWork, startTestService, type TestService, until } from '../support/service.ts';
import { startChromium } from './chromium.ts';
import { hears, type Room, says, TASK, waitingRooms } from './rooms.ts';

let service: TestService;
let browser: Browser;
let rooms: Awaited<ReturnType<typeof waitingRooms>>;
beforeAll(async () => {
  service = await startTestService({ RESPONSE_TIMEOUT_SECONDS: '2', PING_TIMEOUT_SECONDS: '10' });
  browser = await startChromium();
  rooms = await waitingRooms(browser, service);
});
afterAll(async () => {
  await rooms?.close();
  await browser?.close();
  await service?.end();
});

/** Two people who wait for one place; the first of them was called. */
async function calledBeforeAnother(): Promise<{ called: Room; other: Room; reservationId: string }> {
  const work = await openWork(service);
  const called = await rooms.open({ work });
  await called.button("I'm ready").click();
  await called.someoneWaits();
  await rooms.ask('reservation/invoke', work.reservationId);
  await says(called, 'There is work!');
  const other = await rooms.open({ work });
  await other.button("I'm ready").click();
  await says(other, 'There is work!');
  return { called, other, reservationId: work.reservationId };
}

test('who does not start in time hears that the place has gone, and never gets the task', async () => {
  const { called, other, reservationId } = await calledBeforeAnother();
  await other.button('Start').click();
  await hears(other.tab, [TASK]);
  await says(called, 'Your place has gone');
  await hears(called.tab, ['released']);
  await called.tab.reload();
  await says(called, 'Your place has gone');
  await hears(called.tab, ['released']);
  await until(async () => (await rooms.shown(reservationId)).responded === 1);
  expect(await rooms.shown(reservationId)).toMatchObject({ dispatched: 1, responded: 1 });
});

test('who presses Start too late is told so instead of the task', async () => {
  const work = await openWork(service);
  const called = await rooms.open({ work });
  await called.button("I'm ready").click();
  await called.someoneWaits();
  await rooms.ask('reservation/invoke', work.reservationId);
  await says(called, 'There is work!');
  // Nothing more reaches the page, as in a tunnel; it presses Start there.
  const isAway = (url: URL): boolean => /\/(gettask|wait)\//.test(url.pathname);
  await called.tab.route(isAway, (route) => route.abort());
  const other = await rooms.open({ work });
  await other.button("I'm ready").click();
  await says(other, 'There is work!');
  await other.button('Start').click();
  await hears(other.tab, [TASK]);
  await called.button('Start').click();
  await says(called, 'One moment');
  await called.tab.unroute(isAway);
  await says(called, 'Your place has gone');
  await hears(called.tab, ['released']);
});

test.each(['cancel', 'finish'])('whoever is called hears of a %s without pressing anything', async (how) => {
  const room = await rooms.open();
  await room.button("I'm ready").click();
  await room.someoneWaits();
  await rooms.ask('reservation/invoke', room.reservationId);
  await says(room, 'There is work!');
  await rooms.ask(`reservation/${how}`, room.reservationId);
  await says(room, 'The work is over');
  await hears(room.tab, ['released']);
});
