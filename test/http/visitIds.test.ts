import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openWork, startTestService, type TestService } from '../support/service.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service?.end());

type Visit = { readonly worker: string; readonly assignment: string; readonly hit: string };
const GOOD: Visit = { worker: 'W1', assignment: 'A1', hit: 'H1' };

const ping = (visit: Visit): Promise<Response> => {
  const [worker, assignment, hit] = [visit.worker, visit.assignment, visit.hit].map(encodeURIComponent);
  const path = `worker/${worker}/assignment/${assignment}/hit/${hit}/event/waiting`;
  return fetch(`${service.url}/ping/${path}`, { method: 'POST' });
};

const NAMES = { worker: 'worker id', assignment: 'assignment id', hit: 'HIT id' } as const;
const each = (['worker', 'assignment', 'hit'] as const).map((which) => ({ which, name: NAMES[which] }));

describe.each(each)('a ping whose $name is none', ({ which, name }) => {
  test.each(['S 1', 'a@b.c', 'a/b', 'ü', 'x'.repeat(65), '%PID%', '{1}'])(
    '%j is named, shown, with what is right',
    async (id) => {
      const answer = await ping({ ...GOOD, [which]: id });
      expect(answer.status).toBe(400);
      const said = await answer.text();
      expect(said).toMatch(`Bad assignment: the ${name} must be 1 to 64 letters, digits, or _ . : -, got "${id}"`);
      expect(said).not.toMatch('placeholder');
    },
  );

  test.each(['{{%PROLIFIC_PID%}}', '{{ id }}', `$\{workerId}`, `p-$\{e://Field/PID}`, ' {{x}} '])(
    '%j is a placeholder that nobody filled in',
    async (id) => {
      const answer = await ping({ ...GOOD, [which]: id });
      expect(answer.status).toBe(400);
      expect(await answer.text()).toMatch(`the ${name} is "${id}": this is a placeholder that nobody filled in`);
    },
  );

  test('nothing but blanks is called empty', async () => {
    const answer = await ping({ ...GOOD, [which]: '  ' });
    expect(answer.status).toBe(400);
    expect(await answer.text()).toMatch(`the ${name} is empty`);
  });

  test('nothing at all is called empty', async () => {
    const answer = await ping({ ...GOOD, [which]: '' });
    expect(answer.status).toBe(404);
    expect(await answer.text()).toMatch(/^an id is empty/);
  });
});

describe.each(['gettask', 'wait'])('%s', (path) => {
  test.each([
    ['S 1', /the assignment id must be .*got "S 1"/],
    ['{{assignment}}', /placeholder that nobody filled in/],
  ])('names the assignment id %j', async (id, says) => {
    const answer = await fetch(`${service.url}/${path}/assignment/${encodeURIComponent(id)}`);
    expect(answer.status).toBe(404);
    expect(await answer.text()).toMatch(says);
  });

  test('without an id says that it is empty', async () => {
    const answer = await fetch(`${service.url}/${path}/assignment/`);
    expect(answer.status).toBe(404);
    expect(await answer.text()).toMatch(/^an id is empty/);
  });
});

test('blanks around ids do not count: it is the same visit', async () => {
  const { hit } = await openWork(service);
  expect((await ping({ worker: ' W7', assignment: 'A7 ', hit: ` ${hit}\t` })).status).toBe(200);
  expect((await ping({ worker: 'W7', assignment: 'A7', hit })).status).toBe(200);
  const polled = await fetch(`${service.url}/gettask/assignment/${encodeURIComponent(' A7 ')}?wait=1`);
  expect(await polled.json()).toEqual({ start: false });
});
