import { afterAll, beforeAll, expect, test } from 'vitest';
import { openWork, startTestService, type TestService } from '../../support/service.ts';
import { PATIENCE_MS } from '../../support/until.ts';
import { type SignedInOperator, signedIn } from './operator.ts';

const MARK = />\s*unsigned\s*<\/span>/;

let service: TestService;
let ann: SignedInOperator;
beforeAll(async () => {
  service = await startTestService();
  ann = await signedIn(service);
  const { hit } = await openWork(service, { places: 2 });
  const come = (name: string, query: string) =>
    fetch(`${service.url}/ping/worker/W${name}/assignment/A${name}/hit/${hit}/event/waiting${query}`, {
      method: 'POST',
    });
  expect((await come('SIGNED', '?token=')).headers.get('retainer-token')).not.toBeNull();
  expect((await come('PLAIN', '')).headers.get('retainer-token')).toBeNull();
  await service.core.caughtUp.until(await service.core.store.head(), { timeoutMs: PATIENCE_MS });
});
afterAll(() => service.end());

test.each([
  ['/admin/assignments?search=A'],
  ['/admin/assignments/A'],
  ['/admin/workers?search=W'],
  ['/admin/workers/W'],
])('on %s… whoever shows no token is marked, and nobody else', async (path) => {
  expect(await (await ann.get(`${path}PLAIN`)).text()).toMatch(MARK);
  const other = await (await ann.get(`${path}SIGNED`)).text();
  expect(other).toContain('SIGNED');
  expect(other).not.toMatch(MARK);
});

test('files and assignment/list say it, too', async () => {
  const csv = async (path: string) => (await (await ann.get(path)).text()).split('\r\n');
  const [header, row] = await csv('/admin/assignments.csv?search=APLAIN');
  expect(row?.split(',')[header?.split(',').indexOf('isSigned') ?? -1]).toBe('false');
  const [names, worker] = await csv('/admin/workers.csv?search=WPLAIN');
  expect(worker?.split(',')[names?.split(',').indexOf('unsigned') ?? -1]).toBe('1');
  const listed = await (await ann.get('/assignment/list')).json();
  expect(listed).toContainEqual(expect.objectContaining({ id: 'APLAIN', signed: false }));
  expect(listed).toContainEqual(expect.objectContaining({ id: 'ASIGNED', signed: true }));
});
