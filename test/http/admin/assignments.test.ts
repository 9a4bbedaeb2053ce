import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AssignmentId, MarketplaceHitId, WorkerId } from '../../../src/domain/ids.ts';
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
const operator = { actor: 'operator:ann', requestId: 'test' } as const;
const saidBy = (answer: Response) => decodeURIComponent(answer.headers.get('set-cookie') ?? '');

test('what was handed in is listed, found by any id, and shown field by field', async () => {
  const [work] = await handIn(service, ['LISTED']);
  for (const id of [work?.assignmentId, work?.workerId, work?.hit])
    expect(await page(`/admin/assignments?search=${id}`)).toContain('/admin/assignments/ALISTED');
  expect(await page('/admin/assignments?search=ANOBODY')).toContain('No assignment is like that.');
  expect(await page('/admin/assignments?phase=submitted')).toContain('ALISTED');
  expect(await page('/admin/assignments?phase=approved')).not.toContain('ALISTED');
  const one = await page('/admin/assignments/ALISTED');
  expect(one).toContain('Parus major, said LISTED');
  const nobody = await ann.get('/admin/assignments/ANOBODY');
  expect(nobody.status).toBe(404);
  const said = await nobody.text();
  expect(said).toContain('There is no such assignment.');
  expect(said).toContain('href="/admin/assignments"');
});

test('a page goes on where the one before ended, and every row is on one of them', async () => {
  const names = Array.from({ length: 120 }, (_, n) => `PAGED${String(n).padStart(3, '0')}`);
  await handIn(service, names);
  const seen: string[] = [];
  let path: string | undefined = '/admin/assignments';
  while (path !== undefined) {
    const shown = await page(path);
    seen.push(...[...shown.matchAll(/\/admin\/assignments\/(APAGED\d+)"/g)].flatMap(([, id]) => id ?? []));
    path = /<a href="([^"]+)" rel="next"/.exec(shown)?.[1]?.replaceAll('&amp;', '&');
  }
  expect(seen.toSorted()).toEqual(names.map((name) => `A${name}`));
});

describe('the review', () => {
  test('has a queue that names the ProtoHIT of each', async () => {
    await handIn(service, ['NAMED']);
    expect(await page('/admin/assignments?phase=submitted&search=ANAMED')).toContain(
      '<span title="Find the verbs">find-verbs</span>',
    );
  });

  test('shows beside each answer what it was done for, and what was asked', async () => {
    const { protoHitId, hit } = await openWork(service);
    const { commands, store, caughtUp } = service.core;
    const asked = { protoHitId, numAssignments: 1, delaySeconds: 0, foreignId: 'bird-7' } as const;
    const made = await commands.makeReservation(
      { ...operator, requestId: 'asked' },
      { ...asked, payload: 'Which bird is <this>?' },
    );
    if (made.type === 'refused') throw new Error(made.refusal.message);
    const reservationId = made.value;
    const [assignmentId, workerId] = [AssignmentId.parse('AASKED'), WorkerId.parse('WASKED')];
    const marketplaceHitId = MarketplaceHitId.parse(hit);
    await commands.ping(operator, { assignmentId, workerId, marketplaceHitId, pingType: 'waiting' });
    await caughtUp.until(await store.head(), { timeoutMs: PATIENCE_MS });
    await commands.invokeReservation(operator, { reservationId });
    const answer = [{ field: 'species', value: 'Parus major' }];
    await commands.markAssignment(operator, { assignmentId, as: 'submitted', answer });
    await caughtUp.until(await store.head(), { timeoutMs: PATIENCE_MS });
    const queue = await page('/admin/assignments?phase=submitted&search=AASKED');
    expect(queue).toContain(`<a href="/status/reservation/${reservationId}">bird-7</a>`);
    expect(queue).toContain('Which bird is &lt;this&gt;?');
    expect(queue).toContain('species: Parus major');
  });

  test('of those that were ticked is decided in the name of the operator', async () => {
    await handIn(service, ['ONE', 'TWO', 'THREE']);
    const answer = await ann.post('/admin/assignments/review', {
      chosen: 'AONE ATWO',
      of: 'chosen',
      verdict: 'approve',
      query: 'phase=submitted',
    });
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/admin/assignments?phase=submitted']);
    expect(saidBy(answer)).toContain('2 are to be approved');
    const asked = await logged(service, 'ApprovalRequested');
    expect(asked.map(({ stream, by }) => [stream, by])).toEqual([
      ['assignment-AONE', 'operator:ann'],
      ['assignment-ATWO', 'operator:ann'],
    ]);
  });

  test('of a thousand at once is decided, and says which could not be', async () => {
    const names = Array.from({ length: 999 }, (_, n) => `MANY${n}`);
    await handIn(service, names);
    const answer = await ann.post('/admin/assignments/review', {
      shown: [...names.map((name) => `A${name}`), 'AGHOST'].join(' '),
      of: 'page',
      verdict: 'reject',
      feedback: 'Every one of them is empty.',
    });
    expect(answer.status).toBe(303);
    expect(saidBy(answer)).toContain('999 are to be rejected');
    expect(saidBy(answer)).toContain('1 could not be: AGHOST: Assignment.DoesNotExist');
    const asked = await logged(service, 'RejectionRequested');
    expect(asked).toHaveLength(999);
    expect(asked[0]?.data['feedback']).toBe('Every one of them is empty.');
  });

  test.each([
    [{ of: 'chosen', verdict: 'approve' }, 'Nothing was chosen'],
    [{ of: 'chosen', chosen: 'A1 <script>', verdict: 'approve' }, 'chosen must be ids of assignments'],
    [{ of: 'chosen', chosen: 'A1', verdict: 'burn' }, 'verdict must be approve or reject'],
    [{ of: 'chosen', chosen: 'A1', verdict: 'reject', feedback: '  ' }, 'Tell them why, in 1 to 1024 characters'],
    [{ of: 'page', shown: 'A1 '.repeat(1_001), verdict: 'approve' }, 'At most 1000'],
  ])('%j is refused', async (fields, words) => {
    const answer = await ann.post('/admin/assignments/review', fields);
    expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining(words)]);
  });
});

describe('a bonus', () => {
  test('is granted once, however often its form is sent', async () => {
    await handIn(service, ['BONUS']);
    const form = await page('/admin/assignments/ABONUS');
    const once = /name="once" value="([^"]+)"/.exec(form)?.[1] ?? '';
    const fields = { dollars: '0.03', reason: 'Quick and right.', once };
    for (const _ of [1, 2])
      expect((await ann.post('/admin/assignments/ABONUS/bonus', fields)).status, await page('/admin')).toBe(303);
    const granted = await logged(service, 'BonusGranted');
    expect(granted).toMatchObject([{ by: 'operator:ann', data: { amountCents: 3, reason: 'Quick and right.' } }]);
    const after = await page('/admin/assignments/ABONUS');
    expect(after).toContain('$0.03');
    expect(after).toContain('operator:ann');
  });

  test.each([
    [{ dollars: '0.005', reason: 'x' }, 'an amount from 0.01 to 100.00'],
    [{ dollars: '100.01', reason: 'x' }, 'an amount from 0.01 to 100.00'],
    [{ dollars: '-1', reason: 'x' }, 'an amount from 0.01 to 100.00'],
    [{ dollars: '1', reason: '' }, 'Tell them what for'],
  ])('%j is refused beside the field, and nothing is granted', async (fields, words) => {
    const before = await logged(service, 'BonusGranted');
    const answer = await ann.post('/admin/assignments/ABONUS/bonus', fields);
    expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining(words)]);
    expect(await logged(service, 'BonusGranted')).toEqual(before);
  });
});

test('one by one: rejected with a reason, which is required', async () => {
  await handIn(service, ['SOLO']);
  const empty = await ann.post('/admin/assignments/ASOLO/review', { verdict: 'reject', feedback: '' });
  expect([empty.status, await empty.text()]).toEqual([400, expect.stringContaining('Tell them why')]);
  const answer = await ann.post('/admin/assignments/ASOLO/review', { verdict: 'reject', feedback: 'Nothing named.' });
  expect([answer.status, answer.headers.get('location')]).toEqual([303, '/admin/assignments/ASOLO']);
  expect((await ann.post('/admin/assignments/ASOLO/review', { verdict: 'approve' })).status).toBe(303);
});

test('without the session, or its token, nothing is decided', async () => {
  await handIn(service, ['GUARDED']);
  const fields = new URLSearchParams({ of: 'chosen', chosen: 'AGUARDED', verdict: 'approve' });
  const stranger = { method: 'POST', redirect: 'manual', body: fields } as const;
  expect((await fetch(`${service.url}/admin/assignments/review`, stranger)).status).toBe(401);
  const forged = { ...stranger, headers: { cookie: ann.cookie, 'sec-fetch-site': 'same-origin' } };
  expect((await fetch(`${service.url}/admin/assignments/review`, forged)).status).toBe(403);
  const asked = await logged(service, 'ApprovalRequested');
  expect(asked.filter(({ stream }) => stream === 'assignment-AGUARDED')).toEqual([]);
  for (const table of ['assignments', 'workers', 'hits', 'events', 'protohits', 'reservations', 'keys', 'operators']) {
    const answer = await fetch(`${service.url}/admin/${table}.csv`, { redirect: 'manual' });
    expect([table, answer.status, answer.headers.get('location')]).toEqual([
      table,
      302,
      expect.stringContaining('/admin/sign-in'),
    ]);
  }
});
