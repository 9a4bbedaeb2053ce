import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AssignmentId } from '../../../src/domain/ids.ts';
import { openWork, startTestService, type TestService } from '../../support/service.ts';
import { PATIENCE_MS } from '../../support/until.ts';
import { type SignedInOperator, signedIn } from './operator.ts';
import { handIn, logged } from './work.ts';

let service: TestService;
let ann: SignedInOperator;
beforeAll(async () => {
  service = await startTestService();
  ann = await signedIn(service);
});
afterAll(() => service.end());

const page = async (path: string) => (await ann.get(path)).text();
const csv = async (path: string) => {
  const answer = await ann.get(path);
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, expect.stringContaining('text/csv')]);
  expect(answer.headers.get('content-disposition')).toMatch(/^attachment; filename="\w+\.csv"$/);
  return (await answer.text()).split('\r\n').slice(0, -1);
};

describe('workers', () => {
  test('are listed with their record, found by how their id begins', async () => {
    await handIn(service, ['RECORD']);
    const shown = await page('/admin/workers?search=WREC');
    expect(shown).toContain('/admin/workers/WRECORD');
    expect(await page('/admin/workers?search=RECORD')).toContain('Nobody is like that.');
    expect(await page('/admin/workers/WRECORD')).toContain('/admin/assignments/ARECORD');
    expect((await ann.get('/admin/workers/WNOBODY')).status).toBe(404);
  });

  test('are blocked with a reason, and welcome again', async () => {
    await handIn(service, ['BLOCKED']);
    const nameless = await ann.post('/admin/workers/WBLOCKED/block', { reason: ' ' });
    expect([nameless.status, await nameless.text()]).toEqual([400, expect.stringContaining('Say why')]);
    expect((await ann.post('/admin/workers/WBLOCKED/block', { reason: 'Random clicks.' })).status).toBe(303);
    expect(await logged(service, 'WorkerBlocked')).toMatchObject([
      { by: 'operator:ann', data: { reason: 'Random clicks.', onMarketplace: false } },
    ]);
    expect(await page('/admin/workers?standing=blocked')).toContain('WBLOCKED');
    expect(await page('/admin/workers/WBLOCKED')).toContain('The marketplace was not told.');
    expect((await ann.post('/admin/workers/WBLOCKED/unblock')).status).toBe(303);
    expect(await page('/admin/workers?standing=blocked')).not.toContain('WBLOCKED');
  });

  test('who are blocked are told at once, when they come, that there is nothing to wait for', async () => {
    const { hit } = await openWork(service);
    await ann.post('/admin/workers/WAWAY/block', { reason: 'Random clicks.' });
    expect((await fetch(`${service.url}/ping/worker/WAWAY/assignment/AAWAY/hit/${hit}/event/waiting`)).status).toBe(
      200,
    );
    const told = await fetch(`${service.url}/gettask/assignment/AAWAY?wait=10`);
    expect(await told.json()).toEqual({ start: false, released: true, reason: 'blocked' });
  });
});

describe('events', () => {
  test('are found by type, stream, who did it, and text; newest first', async () => {
    await handIn(service, ['FOUND']);
    expect(await page('/admin/events?stream=assignment-AFOUND')).toContain('AssignmentSubmitted');
    expect(await page('/admin/events?search=said+found')).toContain('assignment-AFOUND');
    expect(await page('/admin/events?type=OperatorAdded')).toContain('operator-ann');
    expect(await page('/admin/events?type=OperatorAdded&actor=scheduler')).toContain(
      'The log holds nothing like that.',
    );
    const newest = await page('/admin/events');
    expect(newest.indexOf('AssignmentSubmitted')).toBeLessThan(newest.indexOf('OperatorAdded'));
    expect(newest).not.toContain('<strong>WorkerPinged</strong>');
    expect(await page('/admin/events?type=WorkerPinged')).toContain('<strong>WorkerPinged</strong>');
  });

  test('tell every time in the one form of these pages', async () => {
    await openWork(service);
    const said = await page('/admin/events?type=ReservationMade');
    expect(said).toMatch(/work expected at \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC\./);
  });

  test('a page goes on where the one before ended', async () => {
    const all = (await csv('/admin/events.csv')).length - 1;
    const seen = new Set<string>();
    let path: string | undefined = '/admin/events';
    while (path !== undefined) {
      const shown = await page(path);
      for (const [, id] of shown.matchAll(/&quot;id&quot;: &quot;([0-9a-f-]{36})&quot;/g)) seen.add(id ?? '');
      path = /<a href="([^"]+)" rel="next"/.exec(shown)?.[1]?.replaceAll('&amp;', '&');
    }
    expect(seen.size).toBe(all);
  });
});

describe('HITs', () => {
  test('say how many came and how many places there are: one that was returned is taken again', async () => {
    const { hit } = await openWork(service, { places: 1 });
    const came = (n: number) =>
      fetch(`${service.url}/ping/worker/WCAME${n}/assignment/ACAME${n}/hit/${hit}/event/waiting`);
    const { caughtUp: reached, store } = service.core;
    const caughtUp = async () => reached.until(await store.head(), { timeoutMs: PATIENCE_MS });
    await came(1);
    const returned = { assignmentId: AssignmentId.parse('ACAME1'), as: 'returned' } as const;
    await service.core.commands.markAssignment({ actor: 'marketplace', requestId: 'test' }, returned);
    await caughtUp();
    await came(2);
    await caughtUp();
    const cell = /data-column="Came"[^>]*>([^<]*)</.exec(await page(`/admin/hits?search=${hit}`))?.[1];
    expect(cell).toBe('2 came, 1 place');
  });
});

describe('files', () => {
  test('hold exactly what is filtered', async () => {
    await handIn(service, ['FILE1', 'FILE2']);
    const [header, ...rows] = await csv('/admin/assignments.csv?search=AFILE1&limit=200&before=9~9');
    expect(header).toMatch(/^assignmentId,workerId,/);
    expect(rows).toHaveLength(1);
    expect(rows[0]).toContain('Parus major');
    expect((await csv('/admin/workers.csv?search=WFILE')).length).toBe(3);
    expect((await csv('/admin/hits.csv?phase=expired')).length).toBe(1);
  });

  test('of every table are there, without anything secret, and no cell runs as a formula', async () => {
    await service.core.commands.issueApiKey({ actor: 'operator:ann', requestId: 'x' }, { label: '=1+1' });
    const keys = await csv('/admin/keys.csv');
    expect(keys[1]).toContain("'=1+1");
    expect(keys[0]).toBe('apiKeyId,label,scopes,protoHitId,issuedAt,revokedAt');
    expect(await csv('/admin/operators.csv')).toEqual(['name,addedAt', expect.stringMatching(/^ann,20/)]);
    expect((await csv('/admin/protohits.csv')).length).toBeGreaterThan(1);
    expect((await csv('/admin/reservations.csv')).length).toBeGreaterThan(1);
    const downloads = await page('/admin/downloads');
    for (const table of ['protohits', 'reservations', 'hits', 'assignments', 'workers', 'events', 'keys', 'operators'])
      expect(downloads).toContain(`href="/admin/${table}.csv"`);
  });

  test('begin with a byte order mark where Excel is to read them, and only there', async () => {
    const bytes = async (path: string) => new Uint8Array(await (await ann.get(path)).arrayBuffer());
    const tables = ['protohits', 'reservations', 'hits', 'assignments', 'workers', 'events', 'keys', 'operators'];
    for (const table of tables) {
      const [plain, marked] = [await bytes(`/admin/${table}.csv`), await bytes(`/admin/${table}.csv?bom=1`)];
      expect([...marked.slice(0, 3)]).toEqual([0xef, 0xbb, 0xbf]);
      expect(marked.slice(3, 9)).toEqual(plain.slice(0, 6));
      expect(await page('/admin/downloads')).toContain(`href="/admin/${table}.csv?bom=1"`);
    }
    expect(await page('/admin/workers?search=W')).toMatch(/href="\/admin\/workers\.csv\?search=W&amp;bom=1"/);
  });

  test('longer than a page of the database are sent whole, each row once', async () => {
    const { pool } = service.database;
    const before = (await csv('/admin/workers.csv')).length;
    const { rows } = await pool.query<{ schema: string }>(
      `select table_schema as schema from information_schema.tables where table_name = 'workers' and table_schema like 'read_models%'`,
    );
    await pool.query(
      `insert into ${rows[0]?.schema}.workers (worker_id, moved_at, assignments, phase, marketplace)
       select 'WROW' || n, 1000 + n / 3, 0, 'welcome', 'unblocked' from generate_series(1, 2500) n`,
    );
    const lines = await csv('/admin/workers.csv');
    expect(lines).toHaveLength(before + 2_500);
    expect(new Set(lines).size).toBe(lines.length);
  });
});
