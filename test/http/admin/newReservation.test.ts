import { afterAll, beforeAll, expect, test } from 'vitest';
import { openWork, startTestService, type TestService } from '../../support/service.ts';
import { type SignedInOperator, signedIn } from './operator.ts';

let service: TestService;
let ann: SignedInOperator;
beforeAll(async () => {
  service = await startTestService();
  ann = await signedIn(service);
});
afterAll(() => service.end());

const PATH = '/admin/reservations/new';
const filled = { foreignID: 'shift 7', numAssignments: '3', delay: '90', payload: '{"picture": "<b>cat</b>"}' };

test('an operator makes a reservation for any ProtoHIT, in their name, and sees its payload on its page', async () => {
  const { protoHitId } = await openWork(service);
  expect(await (await ann.get('/admin/proto-hits')).text()).toContain(`${PATH}?protoHit=${protoHitId}`);
  const form = await (await ann.get(`${PATH}?protoHit=${protoHitId}`)).text();
  expect(form).toMatch(new RegExp(`<option value="${protoHitId}" selected`));

  const made = await ann.post(PATH, { ...filled, protoHit: protoHitId });
  expect(made.status).toBe(303);
  const page = made.headers.get('location') ?? '';
  const id = page.replace('/status/reservation/', '');
  const { events } = await service.core.store.read(`reservation-${id}`);
  expect(events).toMatchObject([
    {
      type: 'ReservationMade',
      data: { protoHitId, foreignId: 'shift 7', numAssignments: 3, payload: filled.payload },
      metadata: { actor: 'operator:ann' },
    },
  ]);
  expect(await (await ann.get(page)).text()).toContain('{&quot;picture&quot;: &quot;&lt;b&gt;cat&lt;/b&gt;&quot;}');
});

test('without a payload there is none, and the page shows none', async () => {
  const { protoHitId } = await openWork(service);
  const made = await ann.post(PATH, { ...filled, payload: '', protoHit: protoHitId });
  const page = made.headers.get('location') ?? '';
  const { events } = await service.core.store.read(`reservation-${page.replace('/status/reservation/', '')}`);
  expect(events).toMatchObject([{ data: { payload: null } }]);
  expect(await (await ann.get(page)).text()).not.toContain('id="payload"');
});

test.each([
  [{ numAssignments: '0' }, 'It must be a whole number from 1 to 10000.'],
  [{ delay: '-1' }, 'It must be a number from 0 to 31536000 seconds.'],
  [{ foreignID: 'x'.repeat(256) }, 'It must be a text of at most 255 characters.'],
  [{ protoHit: 'none' }, 'It must be the id of a ProtoHIT'],
  [{ protoHit: '01890000-0000-7000-8000-000000000000' }, 'ProtoHit.DoesNotExist.'],
])('%j is refused by name, with what was written kept, and nothing is made', async (wrong, says) => {
  const { protoHitId } = await openWork(service);
  const before = await service.core.store.head();
  const answer = await ann.post(PATH, { ...filled, protoHit: protoHitId, ...wrong });
  const text = await answer.text();
  expect([answer.status, text.includes(says)]).toEqual([400, true]);
  // The payload, which is right in all of them.
  expect(text).toContain('{&quot;picture&quot;');
  expect(await service.core.store.head()).toBe(before);
});

test('nobody makes one without being signed in', async () => {
  const { protoHitId } = await openWork(service);
  const answer = await fetch(service.url + PATH, {
    method: 'POST',
    redirect: 'manual',
    body: new URLSearchParams({ ...filled, protoHit: protoHitId }),
  });
  expect([401, 403]).toContain(answer.status);
});
