import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AssignmentId, type ReservationId } from '../../src/domain/ids.ts';
import { openWork, startTestService, type TestService, until } from '../support/service.ts';

let service: TestService;
let people = 0;
beforeAll(async () => {
  // Nobody is replaced but by the tests themselves, however slow the machine is.
  service = await startTestService({ RESPONSE_TIMEOUT_SECONDS: '600', PING_TIMEOUT_SECONDS: '600' });
});
afterAll(() => service.end());

const TASK = { start: true, taskID: 42 };
const over = (reason: string) => ({ start: false, released: true, reason });
const post = async (path: string, id: string) => {
  const answer = await fetch(`${service.url}/${path}`, { method: 'POST', body: new URLSearchParams({ id }) });
  expect(await answer.text()).toBe('OK');
};
const shown = async (id: string): Promise<{ workers: number; dispatched: number; responded: number }> =>
  JSON.parse(await (await fetch(`${service.url}/reservation/${id}`)).text());

/** Somebody's page, with a token (of the service's own script) or without (of the original's). */
async function arrive(hit: string, { isSigned = true, worker = '', assignment = '' } = {}) {
  const n = ++people;
  const who = { worker: worker || `WPROMISE${n}`, assignment: assignment || `APROMISE${n}` };
  let token = isSigned ? '?token=' : '';
  const ping = (type: string) =>
    fetch(`${service.url}/ping/worker/${who.worker}/assignment/${who.assignment}/hit/${hit}/event/${type}${token}`, {
      method: 'POST',
    });
  const first = await ping('waiting');
  if (isSigned) token += first.headers.get('retainer-token') ?? '';
  return {
    ...who,
    status: first.status,
    assignmentId: AssignmentId.parse(who.assignment),
    start: () => ping('working'),
    /** Null: asked too often, to be asked again. */
    ask: async (): Promise<unknown> => {
      const answer = await fetch(`${service.url}/gettask/assignment/${who.assignment}${token}`);
      return answer.ok ? answer.json() : null;
    },
    hear: async () => (await fetch(`${service.url}/wait/assignment/${who.assignment}${token}`)).text(),
  };
}
type Page = Awaited<ReturnType<typeof arrive>>;

const context = { actor: 'scheduler', requestId: 'test' } as const;
const reopen = (
  { assignmentId }: Page,
  reservationId: ReservationId,
  reason: 'neverResponded' | 'lost' | 'returned' = 'neverResponded',
) => service.core.commands.reopenSlot(context, { reservationId, assignmentId, reason });
const hears = (page: Page, expected: unknown) =>
  until(async () => JSON.stringify(await page.ask()) === JSON.stringify(expected));
const holders = async (reservationId: string): Promise<number> => (await shown(reservationId)).dispatched;

/** A reservation for one, to which the first of those who wait was called. */
async function called({ isSigned = true } = {}): Promise<{ first: Page; hit: string; reservationId: ReservationId }> {
  const { hit, reservationId } = await openWork(service);
  const first = await arrive(hit, { isSigned });
  await until(async () => (await shown(reservationId)).workers === 1);
  await post('reservation/invoke', reservationId);
  return { first, hit, reservationId };
}

describe('a called worker whose place went to somebody else', () => {
  async function replaced() {
    const { first, hit, reservationId } = await called();
    await until(async () => JSON.stringify(await first.ask()).includes('keptForMs'));
    const second = await arrive(hit);
    await reopen(first, reservationId);
    await until(async () => JSON.stringify(await second.ask()).includes('"start":true'));
    return { first, second, reservationId };
  }

  test('never gets the task: not by Start, nor by a reload, and hears that they are too late', async () => {
    const { first, second, reservationId } = await replaced();
    const started = await first.start();
    expect([started.status, await started.text()]).toEqual([200, 'OK']);
    await hears(first, over('tooLate'));
    expect(await first.hear()).toContain(`event: released\ndata: ${JSON.stringify(over('tooLate'))}\n\n`);
    await second.start();
    await hears(second, TASK);
    await until(async () => (await shown(reservationId)).responded === 1);
  });

  test('hears so without doing anything', async () => {
    const { first } = await replaced();
    await hears(first, over('tooLate'));
  });

  test('gets it back by Start while nobody has taken it', async () => {
    const { first, hit, reservationId } = await called();
    await reopen(first, reservationId);
    await hears(first, { ...TASK, keptForMs: 0 });
    await first.start();
    await hears(first, TASK);
    expect(await holders(reservationId)).toBe(1);
    const second = await arrive(hit);
    await until(async () => (await shown(reservationId)).responded === 1);
    await hears(second, { start: false });
  });
});

describe.each(['finish', 'cancel'])('%s', (how) => {
  test('tells whoever was called and has not started that it is over, and nobody who has', async () => {
    const { first, reservationId } = await called();
    await post(`reservation/${how}`, reservationId);
    await hears(first, over('over'));
    await first.start();
    await hears(first, over('over'));
    const other = await called();
    await other.first.start();
    await hears(other.first, TASK);
    await post(`reservation/${how}`, other.reservationId);
    await hears(other.first, TASK);
  });

  test('leaves slots that nobody started on open to whoever unfinishes', async () => {
    const { first, hit, reservationId } = await called();
    await post(`reservation/${how}`, reservationId);
    await hears(first, over('over'));
    await until(async () => (await holders(reservationId)) === 0);
    const second = await arrive(hit);
    await post('reservation/unfinish', reservationId);
    await until(async () => JSON.stringify(await second.ask()).includes('"start":true'));
  });
});

describe('a page without a token, as the original’s', () => {
  test('has responded when it is given the task, and is replaced for no silence', async () => {
    const { first, reservationId } = await called({ isSigned: false });
    await hears(first, TASK);
    await until(async () => (await shown(reservationId)).responded === 1);
    for (const reason of ['neverResponded', 'lost'] as const) await reopen(first, reservationId, reason);
    expect(await holders(reservationId)).toBe(1);
    await reopen(first, reservationId, 'returned');
    expect(await holders(reservationId)).toBe(0);
    await hears(first, TASK);
  });

  test('is told by its stream once that is recorded', async () => {
    const { hit, reservationId } = await openWork(service);
    const first = await arrive(hit, { isSigned: false });
    const heard = first.hear();
    await until(async () => (await shown(reservationId)).workers === 1);
    await post('reservation/invoke', reservationId);
    expect(await heard).toContain(`event: task\ndata: ${JSON.stringify(TASK)}\n\n`);
    await until(async () => (await shown(reservationId)).responded === 1);
  });

  test('that asked for nothing before its slot was given away is not handed the task any more', async () => {
    const { first, hit, reservationId } = await called({ isSigned: false });
    const second = await arrive(hit);
    await reopen(first, reservationId);
    await until(async () => JSON.stringify(await second.ask()).includes('"start":true'));
    await second.start();
    await hears(second, TASK);
    await hears(first, over('tooLate'));
  });
});

describe('an assignment id that the marketplace gives out again', () => {
  test('is the second person’s once the first has gone, with a stay of their own', async () => {
    const { first, hit, reservationId } = await called();
    const { assignment } = first;
    expect((await arrive(hit, { worker: 'WSECOND', assignment })).status).toBe(409);
    await reopen(first, reservationId, 'returned');
    await service.core.commands.markAssignment(context, { assignmentId: first.assignmentId, as: 'returned' });
    const second = await arrive(hit, { worker: 'WSECOND', assignment });
    expect(second.status).toBe(200);
    await until(async () => JSON.stringify(await second.ask()).includes('"start":true'));
    await second.start();
    await hears(second, TASK);
    expect((await first.start()).status).toBe(409);
  });
});
