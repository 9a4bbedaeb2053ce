import { afterAll, beforeAll, expect, test } from 'vitest';
import { openWork, startTestService, type TestService } from '../../support/service.ts';
import { type SignedInOperator, signedIn } from './operator.ts';
import { handIn } from './work.ts';

let service: TestService;
let ann: SignedInOperator;
beforeAll(async () => {
  service = await startTestService();
  ann = await signedIn(service);
});
afterAll(() => service.end());

/** What the first page says of each thing, by its name. */
async function figures(): Promise<Readonly<Record<string, string>>> {
  const shown = await (await ann.get('/admin')).text();
  const cells = shown.matchAll(/<dt>([^<]*)<\/dt><dd><a [^>]*>([^<]*)<\/a>/g);
  return Object.fromEntries([...cells].map(([, name, value]) => [name, value]));
}

test('the first page says what waits for an operator, and how things stand', async () => {
  const before = await figures();
  expect(before).toMatchObject({ 'to review': '0', 'people waiting': '0', 'read models': 'all go on' });
  const open = Number(before['reservations open']);
  await handIn(service, ['FIRST', 'SECOND']);
  const { hit } = await openWork(service);
  await fetch(`${service.url}/ping/worker/WHERE/assignment/AHERE/hit/${hit}/event/waiting`);
  await expect.poll(async () => (await figures())['people waiting']).toBe('1');
  expect(await figures()).toMatchObject({ 'to review': '2', 'reservations open': String(open + 2) });
  // What is decided waits for nobody.
  await ann.post('/admin/assignments/review', { chosen: 'AFIRST', of: 'chosen', verdict: 'approve', query: '' });
  await expect.poll(async () => (await figures())['to review']).toBe('1');
});

test('a read model that stands still, and a reservation that nobody finished, are said', async () => {
  const { reservationId } = await openWork(service);
  const db = service.database.pool;
  await service.core.commands.invokeReservation({ actor: 'operator:ann', requestId: 'test' }, { reservationId });
  await expect
    .poll(async () => (await db.query(`select 1 from reservations where phase = 'invoked'`)).rowCount)
    .toBe(1);
  expect(await figures()).not.toHaveProperty('invoked, never finished');
  await db.query('update reservations set recruiting_stopped_at = 1 where reservation_id = $1', [reservationId]);
  await db.query(
    `update retainer.checkpoints set stopped_at = now() where projection = 'signIns' or projection = 'sign_ins'`,
  );
  expect(await figures()).toMatchObject({ 'read models': '1 stands still', 'invoked, never finished': '1' });
});
