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

/** A client as pages of realtime-turk have it, with its intervals, its prefix and its lack of any error path. */
const original = (server: string, ids: readonly string[]): string => `
  var $ = {
    get: function (url, success) {
      var asking = new XMLHttpRequest();
      asking.open('GET', url);
      asking.setRequestHeader('Accept', '*/*');
      asking.onload = function () {
        if (asking.status !== 200) return;
        var isJson = /json/.test(asking.getResponseHeader('Content-Type'));
        success(isJson ? JSON.parse(asking.responseText) : asking.responseText);
      };
      asking.send();
    }
  };
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

describe("a page of realtime-turk's with its own script, on another origin", () => {
  test('waits, is called and responds unchanged', async () => {
    const { hit, reservationId } = await openWork(service);
    const shown = async (): Promise<{ workers: number; responded: number }> =>
      JSON.parse(await (await fetch(`${service.url}/reservation/${reservationId}`)).text());
    const page = await pages.open({}, { alone: true, script: original(service.url, ['W1', 'A1', hit]) });
    await until(async () => (await shown()).workers === 1);
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
    await until(async () => (await shown()).responded === 1);
    expect(page.requests.some((request) => request.endsWith('/event/working'))).toBe(true);
    expect(page.errors).toEqual([]);
  });
});
