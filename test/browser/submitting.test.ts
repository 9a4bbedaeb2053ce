import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestService, type TestService, until } from '../support/service.ts';
import { startChromium } from './chromium.ts';
import { createGate } from './gate.ts';
import { hears, type Room, type RoomOptions, says, TASK, waitingRooms } from './rooms.ts';

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

/** Somebody at work; `forms` is what was posted to the marketplace, which takes it. */
async function atWork(options: RoomOptions = {}): Promise<Room & { readonly forms: string[] }> {
  const forms: string[] = [];
  const room = await rooms.open({
    ...options,
    before: async (tab) => {
      await tab.route('https://www.mturk.com/**', (route) => {
        if (route.request().method() === 'POST') forms.push(route.request().postData() ?? '');
        return route.fulfill({ body: 'The marketplace has it' });
      });
      await options.before?.(tab);
    },
  });
  await room.button("I'm ready").click();
  await room.someoneWaits();
  await rooms.ask('reservation/invoke', room.reservationId);
  await room.button('Start').click();
  await hears(room.tab, [TASK]);
  return { ...room, forms };
}
const arrives = (tab: Page): Promise<void> => tab.getByText('The marketplace has it').waitFor();
const submitted = (label: string, { assignmentId }: Room): string => `label=${label}&assignmentId=${assignmentId}`;
const isTold = (room: Room): boolean => room.page.requests.some((request) => request.endsWith('/event/submitting'));

describe('what a worker hands in', () => {
  test('is told to the service before it is posted to the marketplace', async () => {
    const room = await atWork();
    let wasTold = false;
    room.tab.on('request', (request) => {
      if (request.method() === 'POST' && request.url().includes('externalSubmit')) wasTold = isTold(room);
    });
    await room.tab.evaluate("Retainer.submit({ label: 'boat' })");
    await arrives(room.tab);
    expect(room.forms).toEqual([submitted('boat', room)]);
    expect(wasTold).toBe(true);
  });

  test('is posted once, however often it is submitted', async () => {
    let goOn: () => void = () => {};
    const isSeen = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const room = await atWork({
      before: async (tab) => {
        await tab.route('**/event/submitting?*', async (route) => {
          await isSeen;
          await route.continue();
        });
      },
    });
    await room.tab.evaluate("Retainer.submit({ label: 'boat' }); Retainer.submit({ label: 'boat' })");
    await says(room, 'Handing it in');
    expect(await room.button('Handing it in').isDisabled()).toBe(true);
    // Slow: a worker presses again.
    await room.tab.evaluate("Retainer.submit({ label: 'tree' })");
    goOn();
    await arrives(room.tab);
    expect(room.forms).toEqual([submitted('boat', room)]);
  });

  test('is kept while there is no connection, also over a reload, and handed in as soon as there is one', async () => {
    const room = await atWork();
    // The page itself comes from a cache, as pages do; neither service nor marketplace can be reached.
    const away = (url: URL): boolean => /\/(ping|gettask|wait|mturk)\//.test(url.pathname);
    await room.tab.route(away, (route) => route.abort());
    await room.tab.addInitScript(
      "Object.defineProperty(navigator, 'onLine', { get: () => false, configurable: true })",
    );
    await room.tab.evaluate("Object.defineProperty(navigator, 'onLine', { get: () => false, configurable: true })");
    await room.tab.evaluate("Retainer.submit({ label: 'tree' })");
    await room.tab.getByText('No connection: it is kept, and handed in as soon as there is one.').waitFor();
    await room.tab.reload();
    await says(room, 'Handing it in');
    await room.tab.getByText('No connection: it is kept').waitFor();
    expect(room.forms).toEqual([]);
    await room.tab.unroute(away);
    await arrives(room.tab);
    expect(room.forms).toEqual([submitted('tree', room)]);
    expect(isTold(room)).toBe(true);
  });

  test('goes to the marketplace all the same while only the service is away', async () => {
    const gate = await createGate(service.url);
    const room = await atWork({
      first: `Retainer.server = ${JSON.stringify(gate.url)};`,
      before: async (tab) => void (await tab.clock.install()),
    });
    await gate.shut('refuses');
    await room.tab.evaluate("Retainer.submit({ label: 'house' })");
    await room.tab.getByText('No connection: it is kept').waitFor();
    expect(room.forms).toEqual([]);
    await until(async () => {
      if (room.forms.length > 0) return true;
      await room.tab.clock.runFor(2_000);
      return false;
    });
    expect(room.forms).toEqual([submitted('house', room)]);
    await gate.close();
  });

  test.each([400, 403, 404, 409])('goes to the marketplace although the service answers %i', async (status) => {
    const room = await atWork({
      before: async (tab) => {
        await tab.route('**/event/submitting?*', (route) => route.fulfill({ status }));
      },
    });
    await room.tab.evaluate("Retainer.submit({ label: 'boat' })");
    await arrives(room.tab);
    expect(room.forms).toEqual([submitted('boat', room)]);
  });

  test('can be handed in again by whoever comes back, because the marketplace did not take it', async () => {
    let isBroken = true;
    const room = await atWork({
      before: async (tab) => {
        await tab.route('https://www.mturk.com/**', async (route) => {
          if (isBroken) return route.fulfill({ status: 500, body: 'Out of order' });
          return route.fallback();
        });
      },
    });
    await room.tab.evaluate("Retainer.submit({ label: 'boat' })");
    await room.tab.getByText('Out of order').waitFor();
    isBroken = false;
    await room.tab.goBack();
    await says(room, 'It was handed in');
    await room.button('Hand it in again').click();
    await arrives(room.tab);
    expect(room.forms).toEqual([submitted('boat', room)]);
  });
});

describe('a page that changes its address', () => {
  test.each([
    [
      'when there is work',
      `Retainer.hasWork = (work) => { history.replaceState(null, '', '/task'); heard.push(work); };`,
    ],
    ['before it waits', `history.replaceState(null, '', '/elsewhere');`],
  ])('%s waits and submits as it would have', async (_, first) => {
    const room = await atWork({ first });
    expect(new URL(room.tab.url()).search).toBe('');
    await room.tab.evaluate("Retainer.submit({ label: 'boat' })");
    await arrives(room.tab);
    expect(room.forms).toEqual([submitted('boat', room)]);
  });

  test('by a link to another page in the same tab is known there', async () => {
    const room = await rooms.open();
    await says(room, 'Ready to wait?');
    const { origin, pathname } = new URL(room.tab.url());
    await room.tab.goto(`${origin}${pathname}`);
    await says(room, 'Ready to wait?');
    await room.button("I'm ready").click();
    await room.someoneWaits();
  });
});
