import { createServer } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { siteAt } from '../../../src/marketplace/simulated/workers/site.ts';
import { isLandingOrigin } from '../../../src/projections/protoHits.ts';
import { listening } from '../../browser/landingPage.ts';
import { fields } from '../../support/events.ts';
import { openWork, startTestService, type TestService, until } from '../../support/service.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service?.end());

describe('simulated workers', () => {
  test('ask for pages where they may, and follow no redirect', async () => {
    const asked: string[] = [];
    const hidden = createServer((request, response) => {
      asked.push(`hidden ${request.url}`);
      response.end();
    });
    const secret = await listening(hidden);
    const landing = createServer((request, response) => {
      asked.push(`landing ${request.url}`);
      response.writeHead(request.url === '/away' ? 302 : 200, { Location: secret }).end();
    });
    const origin = await listening(landing);
    const site = siteAt(service.url, async (one) => one === origin);
    expect(await site.open(`${origin}/page`)).toBe(true);
    expect(await site.open(`${origin}/away`)).toBe(false);
    expect(await site.open(`${secret}/page`)).toBe(false);
    expect(asked).toEqual(['landing /page', 'landing /away']);
    hidden.close();
    landing.close();
  });

  test('may ask the origins of ProtoHITs, and no others', async () => {
    await openWork(service);
    const { pool } = service.database;
    const { protocol, host } = new URL(fields().url);
    await until(() => isLandingOrigin(pool, `${protocol}//${host}`));
    for (const other of [`ftp://${host}`, `${protocol}//${host}1`, `${protocol}//${host}.org`, 'http://127.0.0.1:1'])
      expect(await isLandingOrigin(pool, other)).toBe(false);
  });
});

describe('a worker id that cannot be one', () => {
  test.each(['tester', 'A', 'A b', '', 'ß'])('%j is refused and shown, not made somebody else', async (id) => {
    for (const path of ['', '/earnings', '/assignments/X', '/hits/X']) {
      const answer = await fetch(`${service.url}/marketplace${path}?workerId=${encodeURIComponent(id)}`);
      expect(answer.status).toBe(400);
      expect(answer.headers.get('set-cookie')).toBeNull();
      expect(await answer.text()).toContain(
        `workerId must be an A and then 1 to 63 capitals or digits, got ${JSON.stringify(id)}`,
      );
    }
  });
});
