import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openWork, startTestService, type TestService, until } from '../support/service.ts';
import { startChromium } from './chromium.ts';
import { type LandingPages, landingPages } from './landingPage.ts';

let service: TestService;
let browser: Browser;
let pages: LandingPages;
beforeAll(async () => {
  service = await startTestService();
  browser = await startChromium();
  pages = await landingPages(browser, service.url);
});
afterAll(async () => {
  await pages?.close();
  await browser?.close();
  await service?.end();
});

const jQuery = await readFile(createRequire(import.meta.url).resolve('jquery/dist/jquery.min.js'), 'utf8');
const work = async (id: string): Promise<{ workers: number; responded: number; state: string }> =>
  JSON.parse(await (await fetch(`${service.url}/reservation/${id}`)).text());

/** A client as pages of realtime-turk have it, with its intervals, its prefix and its lack of any error path. */
const original = (server: string, ids: readonly string[]): string => `
  ${jQuery}
  var Retainer = {
    pingType: 'waiting',
    init: function (worker, assignment, hit) {
      Retainer.worker = worker;
      Retainer.assignment = assignment;
      Retainer.hit = hit;
      Retainer.checkForWork();
      Retainer.ping();
    },
    hasWork: function (data) {},
    ping: function () {
      var url = '${server}/retainer/ping/worker/' + Retainer.worker + '/assignment/' + Retainer.assignment +
        '/hit/' + Retainer.hit + '/event/' + Retainer.pingType;
      $.get(url, function (data) {
        pinged.push(data);
        setTimeout(Retainer.ping, 2500);
      });
    },
    checkForWork: function () {
      $.get('${server}/retainer/gettask/assignment/' + Retainer.assignment, function (data) {
        polled.push(data);
        if (data.start) {
          Retainer.pingType = 'working';
          Retainer.hasWork(data);
        } else setTimeout(Retainer.checkForWork, 1000);
      });
    }
  };
  heard = [];
  var pinged = [], polled = [];
  Retainer.hasWork = function (data) { heard.push(data); };
  Retainer.init(${ids.map((id) => JSON.stringify(id)).join(', ')});
`;

describe("a page of realtime-turk's with its own script and jQuery, on another origin", () => {
  test('waits, is called and responds unchanged', async () => {
    const { hit, reservationId } = await openWork(service);
    const page = await pages.open({}, { alone: true, script: original(service.url, ['W1', 'A1', hit]) });
    await until(async () => (await work(reservationId)).workers === 1);
    // It polls before it pings, and never again after an error: that it goes on shows that there was none.
    await until(async () => Number(await page.tab.evaluate('polled.length')) >= 3);
    expect(await page.tab.evaluate('polled[0]')).toEqual({ start: false });
    expect(await page.tab.evaluate('pinged[0]')).toBe('OK');
    const invoked = await fetch(`${service.url}/reservation/invoke`, {
      method: 'POST',
      body: new URLSearchParams({ id: reservationId }),
    });
    expect(await invoked.text()).toBe('OK');
    await until(async () => JSON.stringify(await page.heard()) === '[{"start":true,"taskID":42}]');
    await until(async () => (await work(reservationId)).responded === 1);
    expect(page.requests.some((request) => request.endsWith('/event/working'))).toBe(true);
    expect(page.errors).toEqual([]);
  });
});

/** A status page as realtime-turk has it: it polls the list, and its buttons post; everything with jQuery. */
const statusPage = (server: string): string => `
  ${jQuery}
  var listed = [], answers = {};
  var refresh = function () {
    $.get('${server}/retainer/reservation/list', function (data) { listed = data; }, 'json');
    setTimeout(refresh, 300);
  };
  refresh();
  var press = function (path, parameters) {
    $.post('${server}/retainer/' + path, parameters, function (data) { answers[path] = data; });
  };
`;

describe("a status page of realtime-turk's, on another origin", () => {
  test('lists reservations, and its buttons do what they say', async () => {
    const { reservationId: id, protoHitId } = await openWork(service);
    const { reservationId: other } = await openWork(service);
    const { tab, errors } = await pages.open({}, { alone: true, script: statusPage(service.url) });
    type Listed = { id: string; invoked: boolean; done: boolean; foreignID: number; proto: { hitTypeID: string } };
    const listed = (which: string): Promise<Listed | undefined> =>
      tab.evaluate(`listed.find(({ id }) => id === ${JSON.stringify(which)})`);
    await until(async () => (await listed(id)) !== undefined);
    const shown = await listed(id);
    expect(shown).toMatchObject({ foreignID: 42, workers: 0, dispatched: 0, assignments: 1, invoked: false });
    const hitType = shown?.proto.hitTypeID ?? '';
    const press = async (path: string, parameters: Record<string, string>): Promise<unknown> => {
      await tab.evaluate(`delete answers[${JSON.stringify(path)}]; press(...${JSON.stringify([path, parameters])})`);
      await until(() => tab.evaluate<boolean>(`${JSON.stringify(path)} in answers`));
      return tab.evaluate(`answers[${JSON.stringify(path)}]`);
    };

    expect(await press('reservation/invoke', { id })).toBe('OK');
    await until(async () => (await listed(id))?.invoked === true);
    expect(await press('reservation/finish', { id })).toBe('OK');
    await until(async () => (await listed(id))?.done === true);
    expect(await press('reservation/unfinish', { id })).toBe('OK');
    await until(async () => (await listed(id))?.done === false);
    expect(await press('protohit/sandbox/get', { hitType })).toBe('true');
    expect(await press('protohit/sandbox/set', { hitType, sandbox: 'false' })).toBe('OK');
    expect(await press('protohit/sandbox/get', { id: protoHitId })).toBe('false');
    expect(await press('reservation/finish/all', { hitType })).toBe('OK');
    await until(async () => (await listed(id))?.done === true);
    expect((await listed(other))?.done).toBe(false);
    expect(await press('reservation/finish/all', {})).toBe('OK');
    await until(async () => (await listed(other))?.done === true);
    expect(errors).toEqual([]);
  });
});
