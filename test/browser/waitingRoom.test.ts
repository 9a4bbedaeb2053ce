import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openWork, startTestService, type TestService, until } from '../support/service.ts';
import { startChromium } from './chromium.ts';
import { type LandingPages, landingPages, type OpenOptions } from './landingPage.ts';
import { axeViolations } from './pages.ts';
import { hears, type Room, says, seen, TASK, waitingRooms } from './rooms.ts';

let service: TestService;
let browser: Browser;
let pages: LandingPages;
let rooms: Awaited<ReturnType<typeof waitingRooms>>;
beforeAll(async () => {
  service = await startTestService();
  browser = await startChromium();
  pages = await landingPages(browser, service.url);
  rooms = await waitingRooms(browser, service);
});
afterAll(async () => {
  await pages?.close();
  await rooms?.close();
  await browser?.close();
  await service?.end();
});

const shown = (id: string) => rooms.shown(id);
const ask = (path: string, id: string) => rooms.ask(path, id);
const openRoom = (options = '', before?: OpenOptions['before'], turkSubmitTo = 'https://www.mturk.com') =>
  rooms.open({ options, turkSubmitTo, ...(before ? { before } : {}) });

describe('a waiting room', () => {
  test('counts nobody before they say that they are ready, and calls until they press Start', async () => {
    const room = await openRoom();
    await says(room, 'Ready to wait?');
    expect(room.page.requests).toEqual([]);
    await room.button("I'm ready").click();
    await room.someoneWaits();
    await says(room, 'Waiting for work');
    await room.tab.getByText('Connected').waitFor();
    await ask('reservation/invoke', room.reservationId);
    await says(room, 'There is work!');
    await until(async () => (await room.tab.title()) === 'There is work!');
    await until(async () => (await room.tab.locator('link[rel=icon]').count()) === 1);
    expect(await room.button('Start').and(room.tab.locator(':focus')).count()).toBe(1);
    // Told, but nobody has come: that is no response yet.
    await room.tab.waitForTimeout(3_000);
    expect(await shown(room.reservationId)).toMatchObject({ dispatched: 1, responded: 0 });
    expect(await room.page.heard()).toEqual([]);

    const responds = room.tab.waitForRequest(/\/event\/working\?token=[\w-]{32}&after=\d+$/);
    await room.tab.keyboard.press('Enter');
    expect(Number(new URL((await responds).url()).searchParams.get('after'))).toBeGreaterThanOrEqual(3_000);
    await hears(room.tab, [TASK]);
    await until(async () => (await shown(room.reservationId)).responded === 1);
    const { events } = await service.core.store.read(`assignment-${room.assignmentId}`);
    expect(events.find(({ type }) => type === 'WorkerResponded')?.data).toMatchObject({
      reactedAfterMs: expect.toSatisfy((ms: number) => ms >= 3_000),
    });
    expect(await room.tab.title()).toBe('Landing page');
    expect(await room.tab.locator('link[rel=icon]').count()).toBe(0);
    expect(await room.tab.locator('.retainer-panel').isVisible()).toBe(false);
    expect(await room.tab.evaluate('events.filter((event) => event !== "connection")')).toEqual([
      'waiting',
      'called',
      'starting',
      'working',
    ]);
    expect(room.page.errors).toEqual([]);
  });

  test('is shown only to pages that ask for it', async () => {
    const { hit } = await openWork(service);
    const { tab, requests } = await pages.open({ workerId: 'WPLAIN', assignmentId: 'APLAIN', hitId: hit });
    await until(() => requests.filter((asked) => asked.endsWith('/event/waiting')).length >= 2);
    expect(await tab.locator('body > :not(script)').count()).toBe(0);
    expect(await tab.evaluate('document.adoptedStyleSheets.length')).toBe(0);
  });

  test('shows how long the worker waits, at most, and what it pays', async () => {
    const room = await openRoom('pay: { hit: 0.05, perMinute: 6, most: 0.5 }, longestMinutes: 20');
    const facts = room.tab.locator('.retainer-facts');
    expect(await facts.textContent()).toBe('Pays $0.05At most 20:00');
    await room.button("I'm ready").click();
    await until(async () => /^Waited \d+:\d\dPays \$0\.[3-9]\dAt most 20:00$/.test((await facts.textContent()) ?? ''));
    await until(async () => (await facts.textContent())?.includes('$0.55') ?? false);
  });

  test('says what it is in a heading, and reads it out when it changes', async () => {
    const room = await openRoom(`attention: { everySeconds: 1, withinSeconds: 60 }`);
    await room.tab.getByRole('heading', { name: 'Ready to wait?' }).waitFor();
    await room.button("I'm ready").click();
    await room.tab.getByRole('status').getByRole('heading', { name: 'Waiting for work' }).waitFor();
    await room.tab.getByRole('alert').waitFor();
    expect(await axeViolations(room.tab, '.retainer-panel')).toEqual([]);
  });

  test('says in a preview that it is one, and nothing to the service', async () => {
    const page = await pages.open(
      { assignmentId: 'ASSIGNMENT_ID_NOT_AVAILABLE', hitId: 'H' },
      { script: 'addEventListener("DOMContentLoaded", () => Retainer.wait())' },
    );
    await says(seen(page.tab), 'This is a preview');
    expect(await page.tab.getByRole('button').count()).toBe(0);
    expect(page.requests).toEqual([]);
  });

  test('may be drawn by the page itself', async () => {
    const room = await openRoom(
      'render: (view) => { document.title = view.state + " " + Math.floor(view.waitedMs / 1000); }',
    );
    expect(await room.tab.locator('.retainer-panel').count()).toBe(0);
    expect(await room.tab.title()).toBe('arrived 0');
    await room.tab.evaluate('room.ready()');
    await until(async () => /^waiting ([2-9]|\d\d)/.test(await room.tab.title()));
    await ask('reservation/invoke', room.reservationId);
    await until(async () => (await room.tab.evaluate('room.view().state')) === 'called');
    await room.tab.evaluate('room.start()');
    await hears(room.tab, [TASK]);
  });

  test('speaks other languages, and takes other colours', async () => {
    const room = await openRoom(`texts: { arrived: ['Bereit?', 'Warten wird bezahlt.', 'Bereit'] }`);
    await room.tab.addStyleTag({ content: ':root { --retainer-accent: rgb(1, 2, 3) }' });
    expect(await room.title()).toBe('Bereit?');
    expect(await room.tab.evaluate('getComputedStyle(document.querySelector(".retainer-main")).backgroundColor')).toBe(
      'rgb(1, 2, 3)',
    );
  });

  test('says of a page that was opened without its HIT that it was, and nothing to the service', async () => {
    const page = await pages.open({}, { script: 'addEventListener("DOMContentLoaded", () => Retainer.wait())' });
    await says(seen(page.tab), 'This page was opened without its HIT');
    expect(await page.tab.getByRole('button').count()).toBe(0);
    expect(page.requests).toEqual([]);
  });

  test('keeps the keyboard in the panel, whatever was pressed', async () => {
    const room = await openRoom();
    await room.button("I'm ready").press('Enter');
    await says(room, 'Waiting for work');
    const isInPanel = () => room.tab.evaluate('!!document.activeElement.closest(".retainer-panel")');
    expect(await isInPanel()).toBe(true);
    await room.button('Leave').press('Enter');
    await says(room, 'You left');
    expect(await isInPanel()).toBe(true);
  });

  test('says why the service does not accept a page, to the worker and once to the console', async () => {
    const complaints: string[] = [];
    const room = await openRoom('', async (tab) => {
      tab.on('console', (said) => said.text().startsWith('Retainer: ') && complaints.push(said.text()));
      await tab.route('**/ping/**', (route) => route.fulfill({ status: 400, body: 'Bad assignment: of nobody' }));
    });
    await room.button("I'm ready").click();
    await room.tab.getByText('the service does not accept this page. (Bad assignment: of nobody)').waitFor();
    expect(await room.title()).toBe('You are not waiting');
    const pings = (): number => room.page.requests.filter((request) => request.includes('/ping/')).length;
    await until(() => pings() >= 2);
    expect(complaints).toEqual([expect.stringContaining('Bad assignment: of nobody')]);
    // There is nobody to be called.
    expect(room.page.requests.every((request) => request.includes('/ping/'))).toBe(true);
  });

  test('can be left, over a reload too, and entered again', async () => {
    const room = await openRoom();
    await room.button("I'm ready").click();
    await room.someoneWaits();
    await room.button('Leave').click();
    await says(room, 'You left');
    await until(async () => (await shown(room.reservationId)).workers === 0);
    const from = room.page.requests.length;
    await room.tab.reload();
    await says(room, 'You left');
    await until(() => room.page.requests.slice(from).some((request) => request.includes('/wait/')));
    expect(room.page.requests.slice(from).filter((request) => request.endsWith('/event/waiting'))).toEqual([]);
    expect((await shown(room.reservationId)).workers).toBe(0);
    await room.button('Wait again').click();
    await says(room, 'Waiting for work');
    await ask('reservation/invoke', room.reservationId);
    await room.button('Start').click();
    await hears(room.tab, [TASK]);
  });
});

describe('the call', () => {
  const ear = (tab: Page): Promise<unknown> =>
    tab.addInitScript(`
      rung = [];
      const start = OscillatorNode.prototype.start;
      OscillatorNode.prototype.start = function (...at) { rung.push('sound'); return start.apply(this, at); };
      navigator.vibrate = () => rung.push('vibration');
    `);
  const called = async (room: Room): Promise<void> => {
    await room.button("I'm ready").click();
    await room.someoneWaits();
    await ask('reservation/invoke', room.reservationId);
    await says(room, 'There is work!');
  };
  const rung = (room: Room): Promise<string[]> => room.tab.evaluate('rung');

  test('is heard, felt and seen, until Start', async () => {
    const room = await openRoom('', async (tab) => {
      await tab.clock.install();
      await ear(tab);
      await tab.addInitScript(`
        Notification = class { constructor(title) { rung.push('notification: ' + title); } close() { rung.push('closed'); } };
        Notification.requestPermission = async () => { rung.push('asked'); };
      `);
    });
    await called(room);
    await until(async () => (await rung(room)).filter((one) => one === 'sound').length >= 2);
    expect(await rung(room)).toEqual(expect.arrayContaining(['asked', 'vibration', 'notification: There is work!']));
    await room.button('Start').click();
    const heard = await rung(room);
    expect(heard.at(-1)).toBe('closed');
    await room.tab.clock.runFor(60_000);
    expect(await rung(room)).toEqual(heard);
  });

  test('is heard by those who denied notifications', async () => {
    const room = await openRoom('', async (tab) => {
      // What is not granted then is denied.
      await tab.context().grantPermissions(['geolocation']);
      await ear(tab);
    });
    await called(room);
    expect(await room.tab.evaluate('Notification.permission')).toBe('denied');
    await until(async () => (await rung(room)).includes('sound'));
    await room.button('Start').click();
    await hears(room.tab, [TASK]);
    expect(room.page.errors).toEqual([]);
  });

  test('comes to a tab whose timers the browser holds back', async () => {
    const room = await openRoom('', (tab) =>
      tab.addInitScript('const set = setTimeout; setTimeout = (call, ms, ...more) => set(call, ms + 60000, ...more);'),
    );
    await room.button("I'm ready").click();
    await until(() => room.page.requests.filter((request) => request.includes('/event/waiting')).length >= 4);
    await ask('reservation/invoke', room.reservationId);
    await says(room, 'There is work!');
    const beat = new Set<string>();
    await until(async () => beat.add(await room.tab.title()).size === 2);
  });

  test('comes to a page that was asleep', async () => {
    const room = await openRoom();
    await room.button("I'm ready").click();
    await room.someoneWaits();
    const devTools = await room.tab.context().newCDPSession(room.tab);
    await devTools.send('Page.setWebLifecycleState', { state: 'frozen' });
    await ask('reservation/invoke', room.reservationId);
    await until(async () => (await shown(room.reservationId)).dispatched === 1);
    await devTools.send('Page.setWebLifecycleState', { state: 'active' });
    await says(room, 'There is work!');
  });

  test('comes to a page that was offline', async () => {
    const room = await openRoom();
    await room.button("I'm ready").click();
    await room.someoneWaits();
    await room.tab.context().setOffline(true);
    await room.tab.getByText('Reconnecting').waitFor();
    await ask('reservation/invoke', room.reservationId);
    await room.tab.context().setOffline(false);
    await says(room, 'There is work!');
  });
});

describe('a page that is loaded again', () => {
  test('goes on waiting, and remembers since when', async () => {
    const room = await openRoom();
    await room.button("I'm ready").click();
    await room.someoneWaits();
    await room.tab.waitForTimeout(1_500);
    await room.tab.reload();
    await says(room, 'Waiting for work');
    expect(await room.tab.evaluate('room.view().waitedMs')).toBeGreaterThanOrEqual(1_500);
    // A page that nobody clicked in may not ring: it says so.
    await room.button('Turn on the sound').click();
    await until(async () => (await room.button('Turn on the sound').count()) === 0);
    await ask('reservation/invoke', room.reservationId);
    await says(room, 'There is work!');
  });

  test('calls again whoever was called, and leaves those at work at their task', async () => {
    const room = await openRoom();
    await room.button("I'm ready").click();
    await room.someoneWaits();
    await ask('reservation/invoke', room.reservationId);
    await says(room, 'There is work!');
    await room.tab.reload();
    await room.button('Start').click();
    await hears(room.tab, [TASK]);
    await room.tab.reload();
    await hears(room.tab, [TASK]);
    expect(await room.tab.locator('.retainer-panel').isVisible()).toBe(false);
  });
});

const waitedMs = (tab: Page): Promise<number> => tab.evaluate('room.view().waitedMs');

describe('what is shown as waited', () => {
  /** How much of the next while counts. */
  const countedIn = async (tab: Page, ms: number): Promise<number> => {
    const before = await waitedMs(tab);
    await tab.waitForTimeout(ms);
    return (await waitedMs(tab)) - before;
  };
  /** Some more of it is counted, sooner or later. */
  const goesOn = async (tab: Page): Promise<void> => {
    const before = await waitedMs(tab);
    await until(async () => (await waitedMs(tab)) >= before + 1_500);
  };
  const waiting = async (options = ''): Promise<Room> => {
    const room = await openRoom(options);
    await room.button("I'm ready").click();
    await room.tab.getByText('Connected').waitFor();
    return room;
  };

  test('stands still for those who left, and goes on where it was', async () => {
    const { tab, button } = await waiting();
    await goesOn(tab);
    await button('Leave').click();
    const waited = await waitedMs(tab);
    expect(await countedIn(tab, 3_000)).toBe(0);
    const againAt = Date.now();
    await button('Wait again').click();
    expect((await waitedMs(tab)) - waited).toBeLessThanOrEqual(Date.now() - againAt);
    await goesOn(tab);
  });

  test('stands still for those who do not answer an attention check, until they do', async () => {
    // Long enough until the next check for what goes on to be seen, however far apart a busy page counts.
    const { tab, button } = await waiting('attention: { everySeconds: 5, withinSeconds: 1 }');
    await tab.getByText('You are not counted until you answer.').waitFor();
    expect(await countedIn(tab, 2_000)).toBe(0);
    await button("I'm here").click();
    await goesOn(tab);
  });

  test('stands still for those of whom the service does not hear, or whom it refuses', async () => {
    const { tab } = await waiting();
    await tab.context().setOffline(true);
    await tab.getByText('Reconnecting').waitFor();
    expect(await countedIn(tab, 1_500)).toBe(0);
    await tab.route('**/ping/**', (route) => route.fulfill({ status: 403 }));
    await tab.context().setOffline(false);
    await tab.getByText('Not accepted').waitFor();
    expect(await countedIn(tab, 1_500)).toBe(0);
  });

  test('goes on in a browser that keeps nothing', async () => {
    const room = await openRoom('', (tab) =>
      tab.addInitScript(`
        for (const name of ['localStorage', 'sessionStorage'])
          Object.defineProperty(window, name, { get: () => { throw new DOMException('denied', 'SecurityError'); } });`),
    );
    await room.button("I'm ready").click();
    await until(async () => (await waitedMs(room.tab)) >= 2_000);
  });
});

describe('two tabs of one assignment', () => {
  test('have waited for one wait, whichever came first', async () => {
    const first = await openRoom('pay: { perMinute: 6 }');
    await first.button("I'm ready").click();
    await until(async () => (await waitedMs(first.tab)) >= 2_000);
    const now = Date.now();
    const startedAt = now - (await waitedMs(first.tab));
    const tab = await first.tab.context().newPage();
    await tab.goto(first.tab.url());
    await seen(tab).button("I'm ready").click();
    await tab.waitForTimeout(3_000);
    let [ofFirst, ofSecond] = [0, 0];
    // Each adds what passes a second at a time; a busy machine asks them far apart.
    await until(async () => {
      [ofFirst, ofSecond] = await Promise.all([waitedMs(first.tab), waitedMs(tab)]);
      return Math.abs(ofFirst - ofSecond) < 1_100;
    });
    expect(Math.max(ofFirst, ofSecond)).toBeLessThanOrEqual(Date.now() - startedAt + 100);
    await first.tab.close();
    expect(await waitedMs(tab)).toBeGreaterThanOrEqual(ofFirst - 100);
  });

  test('are both called; once one has started, the other says so, and can take over', async () => {
    const first = await openRoom();
    await first.button("I'm ready").click();
    await first.someoneWaits();
    const tab = await first.tab.context().newPage();
    await tab.goto(first.tab.url());
    const second = seen(tab);
    await second.button("I'm ready").click();
    await says(second, 'Waiting for work');
    expect((await shown(first.reservationId)).workers).toBe(1);
    await ask('reservation/invoke', first.reservationId);
    await says(first, 'There is work!');
    await says(second, 'There is work!');
    await first.button('Start').click();
    await says(second, 'You work in another tab');
    expect(await tab.evaluate('heard')).toEqual([]);
    await second.button('Start here').click();
    await hears(tab, [TASK]);
    expect((await shown(first.reservationId)).dispatched).toBe(1);
  });

  test('a tab that has only been opened says that another waits, or is called', async () => {
    const first = await openRoom();
    await first.button("I'm ready").click();
    await first.someoneWaits();
    const tab = await first.tab.context().newPage();
    await tab.goto(first.tab.url());
    // A tab of its own: what this one remembers of its reloads is not of it.
    await tab.getByText('You wait in another tab already.').waitFor();
    await ask('reservation/invoke', first.reservationId);
    await tab.getByText('There is work: go to your other tab.').waitFor();
  });

  test('a tab opened while another works says so, and can take over', async () => {
    const first = await openRoom();
    await first.button("I'm ready").click();
    await first.someoneWaits();
    await ask('reservation/invoke', first.reservationId);
    await first.button('Start').click();
    await hears(first.tab, [TASK]);
    const tab = await first.tab.context().newPage();
    await tab.goto(first.tab.url());
    await says(seen(tab), 'You work in another tab');
    await first.tab.close();
    await seen(tab).button('Start here').click();
    await hears(tab, [TASK]);
  });
});

describe('when the wait is over', () => {
  const released = async (room: Room): Promise<void> => {
    await room.button("I'm ready").click();
    await room.someoneWaits();
    await ask('reservation/cancel', room.reservationId);
    await says(room, 'The wait is over');
    expect(await room.page.heard()).toEqual(['released']);
  };

  test('the form is sent to the marketplace that the page came from', async () => {
    const room = await openRoom('', undefined, `${service.url}/marketplace/`);
    await released(room);
    const submits = room.tab.waitForRequest(`${service.url}/marketplace/mturk/externalSubmit`);
    await room.button('Submit the HIT').click();
    const request = await submits;
    expect(request.method()).toBe('POST');
    expect(Object.fromEntries(new URLSearchParams(request.postData() ?? ''))).toEqual({
      result: 'waited',
      assignmentId: room.assignmentId,
    });
  });

  test.each(['https://www.mturk.com.example.net', 'javascript:alert(1)', ''])(
    'it is sent nowhere else: %j',
    async (to) => {
      const room = await openRoom('', undefined, to);
      const complaints: string[] = [];
      room.tab.on('console', (said) => said.type() === 'error' && complaints.push(said.text()));
      await released(room);
      await room.button('Submit the HIT').click();
      // A sentence for the worker; the address is for whoever looks at the console.
      await room.tab.getByText('it was not opened from its marketplace').waitFor();
      expect(room.page.errors).toEqual([]);
      expect(complaints).toEqual([expect.stringMatching(/^Retainer\.submit: turkSubmitTo is /)]);
    },
  );

  test('the page may allow other marketplaces, and no others', async () => {
    const room = await openRoom(
      `submitTo: ['https://market.example']`,
      (tab) =>
        tab.route('https://market.example/**', (route) =>
          route.fulfill({ body: 'taken' }),
        ) as Promise<unknown> as Promise<void>,
      'https://market.example',
    );
    await released(room);
    await room.button('Submit the HIT').click();
    await room.tab.getByText('taken').waitFor();
  });
});
