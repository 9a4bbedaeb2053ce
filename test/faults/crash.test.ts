import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { FaultKind } from '../../src/marketplace/simulated/faults.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';
import { allRows } from '../support/readModels.ts';
import { until } from '../support/service.ts';
import { killLeftOvers, runRetainer, type ServiceProcess, startServiceProcess } from './serviceProcess.ts';

let database: TestDatabase;
beforeEach(async () => {
  database = await freshDatabase();
});
afterEach(async () => {
  await killLeftOvers();
  await database.drop();
});

/** The whole service, patient with its workers: here nobody is late but the service itself. */
const startService = (environment: Readonly<Record<string, string>> = {}): Promise<ServiceProcess> =>
  startServiceProcess({
    DATABASE_URL: database.url,
    FAULT_INJECTION: 'true',
    SCHEDULER_INTERVAL_SECONDS: '0',
    PING_TIMEOUT_SECONDS: '3600',
    RESPONSE_TIMEOUT_SECONDS: '3600',
    LOG_LEVEL: 'warn',
    ...environment,
  });
/** It also decides what to post. */
const PLANS = { SCHEDULER_INTERVAL_SECONDS: '1', POLICY: 'classic', MAX_OPEN_HITS: '20' };

const post = (url: string, path: string, form: Readonly<Record<string, string>>, headers = {}) =>
  fetch(`${url}/${path}`, { method: 'POST', headers, body: new URLSearchParams(form) });

async function answerOf(asked: Promise<Response>): Promise<string> {
  const answer = await asked;
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${answer.url} answered ${answer.status}: ${text}`);
  return text;
}

const putProtoHit = (url: string): Promise<string> =>
  answerOf(
    post(url, 'puttask', {
      title: 'Find the verbs',
      description: 'Click every verb in a paragraph.',
      keywords: 'verbs',
      url: 'https://example.com/verbs',
      frame_height: '600',
      reward: '0.12',
      assignment_duration: '3600',
      lifetime: '7200',
      auto_approval_delay: '86400',
      max_assignments: '100',
      worker_locale: '',
      approval_rating: '0',
    }),
  );

const reservationFor = (id: string, { foreignID = '42', numAssignments = '3' } = {}) => ({
  id,
  foreignID,
  delay: '60',
  numAssignments,
});

async function setFault(url: string, operation: string, kind: FaultKind, probability = 1): Promise<void> {
  const rules = [{ operation, kind, probability }];
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify(rules);
  await answerOf(fetch(`${url}/marketplace/control/faults`, { method: 'PUT', headers, body }));
}

/** While nobody is there to call it, the marketplace gets well: its faults outlive the service. */
const marketGetsWell = () => database.pool.query(`update marketplace.faults set version = version + 1, rules = '[]'`);

/** Straight from the tables: what is on disk when nobody is there to ask. */
async function happened(type: string): Promise<readonly { stream: string; data: Record<string, unknown> }[]> {
  const { rows } = await database.pool.query<{ stream: string; data: Record<string, unknown> }>(
    'select stream, data from event_store.events where type = $1 order by position',
    [type],
  );
  return rows;
}
async function onTheMarket(): Promise<readonly string[]> {
  const { rows } = await database.pool.query<{ id: string }>('select hit_id as id from marketplace.hits order by 1');
  return rows.map(({ id }) => id);
}

/** Queries show all that the log holds. */
const hasRead = (url: string): Promise<void> => until(async () => (await fetch(`${url}/readyz`)).ok);

/** Each decision became one HIT, each HIT is known, and there are no others. */
async function expectOneHitEach(): Promise<void> {
  const requested = (await happened('HitPostRequested')).map(({ stream }) => stream).toSorted();
  const posted = await happened('HitPosted');
  expect(posted.map(({ stream }) => stream).toSorted()).toEqual(requested);
  expect(posted.map(({ data }) => data['marketplaceHitId']).toSorted()).toEqual(await onTheMarket());
  expect(await happened('HitPostFailed')).toEqual([]);
}
const everyDecisionHasItsOutcome = async (): Promise<boolean> =>
  (await happened('HitPosted')).length >= (await happened('HitPostRequested')).length;

describe('a service killed while it posts HITs', () => {
  test.each([
    { kind: 'hang', reached: false },
    { kind: 'commitThenHang', reached: true },
  ] as const)(
    'after it decided, and before it learnt what became of the call ($kind): each HIT is posted once',
    async ({ kind, reached }) => {
      const first = await startService(PLANS);
      await setFault(first.url, 'CreateHIT', kind);
      await answerOf(post(first.url, 'reservation/make', reservationFor(await putProtoHit(first.url))));
      await until(async () =>
        reached ? (await onTheMarket()).length > 0 : (await happened('HitPostRequested')).length > 0,
      );
      // Give it time to be amid the call; whether it is or not, the outcome must be the same.
      if (!reached) await sleep(1_200);
      await first.kill();
      expect(await happened('HitPosted')).toEqual([]);
      expect((await onTheMarket()).length > 0).toBe(reached);

      await marketGetsWell();
      await startService();
      await until(everyDecisionHasItsOutcome);
      await expectOneHitEach();
    },
  );

  test('again and again at any moment, with a marketplace that loses its answers', async () => {
    const kinds = ['commitThenDrop', 'commitThenHang', 'commitThenFail', 'hang', 'reset'] as const;
    for (const [round, kind] of kinds.entries()) {
      const service = await startService(PLANS);
      await setFault(service.url, '*', kind, 0.5);
      await answerOf(post(service.url, 'reservation/make', reservationFor(await putProtoHit(service.url))));
      if (round === 0) await until(async () => (await happened('HitPostRequested')).length > 0);
      await sleep(Math.random() * 1_500);
      await service.kill();
    }
    await marketGetsWell();
    await startService();
    await until(everyDecisionHasItsOutcome);
    await expectOneHitEach();
  });
});

test('killed between storing commands and answering them: a repeated key is the same reservation', async () => {
  /** A claim without an answer is held for a minute, in case its node still lives: that minute passes. */
  const aMinutePasses = () =>
    database.pool.query(`update retainer.idempotency_keys set started_at = started_at - interval '2 minutes'`);
  const setUp = await startService();
  const id = await putProtoHit(setUp.url);
  await setUp.terminate();
  const make = (url: string, key: string) =>
    answerOf(post(url, 'reservation/make', reservationFor(id, { foreignID: '7' }), { 'Idempotency-Key': key }));
  const keys: string[] = [];
  const told: (readonly [key: string, reservation: string])[] = [];
  for (let kills = 0; kills < 4; kills++) {
    const service = await startService();
    await aMinutePasses();
    keys.push(...Array.from({ length: 30 }, (_, n) => `order-${kills}-${n}`));
    const before = { made: (await happened('ReservationMade')).length, told: told.length };
    const asked = keys.map((key) =>
      make(service.url, key).then(
        (reservation) => told.push([key, reservation]),
        () => 'the connection broke',
      ),
    );
    // Once when the first is stored, once when the first is answered.
    await until(async () =>
      kills % 2 === 0 ? (await happened('ReservationMade')).length > before.made : told.length > before.told,
    );
    await sleep(Math.random() * 30);
    await service.kill();
    await Promise.all(asked);
  }

  const last = await startService();
  await aMinutePasses();
  const repeated = await Promise.all(keys.map((key) => make(last.url, key)));
  expect(new Set(repeated).size).toBe(keys.length);
  for (const [key, reservation] of told) expect(repeated[keys.indexOf(key)]).toBe(reservation);
  expect(await Promise.all(keys.map((key) => make(last.url, key)))).toEqual(repeated);
  const made = (await happened('ReservationMade')).map(({ data }) => data['reservationId']);
  expect(made.toSorted()).toEqual(repeated.toSorted());
});

describe('a service killed while workers wait', () => {
  /** A ProtoHIT, reservations of it, and a HIT with many places on the market. */
  async function openWork(reservations: readonly { foreignID: string; numAssignments: string }[]) {
    const service = await startService(PLANS);
    const protoHit = await putProtoHit(service.url);
    const ids = await Promise.all(
      reservations.map((one) => answerOf(post(service.url, 'reservation/make', reservationFor(protoHit, one)))),
    );
    await until(async () => (await happened('HitPosted')).length > 0);
    const [hit] = (await happened('HitPosted')).map(({ data }) => String(data['marketplaceHitId']));
    if (hit === undefined) throw new Error('no HIT was posted');
    await service.terminate();
    return { ids, hit };
  }
  const ping = (url: string, hit: string, n: number) =>
    answerOf(fetch(`${url}/ping/worker/W${n}/assignment/A${n}/hit/${hit}/event/waiting`, { method: 'POST' }));
  const taskOf = async (url: string, n: number): Promise<unknown> =>
    JSON.parse(await answerOf(fetch(`${url}/gettask/assignment/A${n}`)));
  const dispatched = async (): Promise<number> => (await happened('WorkerDispatched')).length;

  test('and are being sent: as many as asked for, and each keeps the task they were told', async () => {
    const { ids, hit } = await openWork([
      { foreignID: '1', numAssignments: '12' },
      { foreignID: '2', numAssignments: '18' },
    ]);
    const crowd = Array.from({ length: 50 }, (_, n) => n);
    const tasks = new Map<number, unknown>();
    let arrived = 8;
    for (let kills = 0; kills < 3; kills++) {
      const service = await startService();
      await hasRead(service.url);
      const before = await dispatched();
      await Promise.all(crowd.slice(0, arrived).map((n) => ping(service.url, hit, n).catch(() => 'pinged again')));
      for (const id of ids) await answerOf(post(service.url, 'reservation/invoke', { id }));
      for (const n of crowd.slice(0, arrived)) {
        const task = await taskOf(service.url, n);
        if (JSON.stringify(task).includes('taskID')) tasks.set(n, tasks.get(n) ?? task);
        if (tasks.has(n)) expect(task).toEqual(tasks.get(n));
      }
      const coming = crowd.slice(arrived, arrived + 8);
      arrived += coming.length;
      const arriving = coming.map((n) => ping(service.url, hit, n).catch(() => 'the connection broke'));
      await until(async () => (await dispatched()) > before);
      await sleep(Math.random() * 20);
      await service.kill();
      await Promise.all(arriving);
    }

    const last = await startService();
    await hasRead(last.url);
    await Promise.all(crowd.map((n) => ping(last.url, hit, n)));
    await until(async () => (await dispatched()) >= 30);
    await hasRead(last.url);
    const final = await Promise.all(crowd.map((n) => taskOf(last.url, n)));
    for (const [n, task] of tasks) expect(final[n]).toEqual(task);
    expect(final.filter((task) => JSON.stringify(task) === '{"start":true,"taskID":1}')).toHaveLength(12);
    expect(final.filter((task) => JSON.stringify(task) === '{"start":true,"taskID":2}')).toHaveLength(18);
    expect(await Promise.all(crowd.map((n) => taskOf(last.url, n)))).toEqual(final);
    expect(await dispatched()).toBe(30);
    const assigned = (await happened('TaskAssigned')).map(({ stream }) => stream);
    expect(new Set(assigned).size).toBe(30);
    expect(assigned).toHaveLength(30);
  });

  test('and its projector has work: the read models end as a rebuild makes them', async () => {
    const { hit } = await openWork([{ foreignID: '1', numAssignments: '5' }]);
    for (let kills = 0; kills < 4; kills++) {
      const service = await startService();
      await hasRead(service.url);
      let isUp = true;
      const pinging = Array.from({ length: 40 }, async (_, n) => {
        while (isUp) await ping(service.url, hit, n).catch(() => sleep(10));
      });
      const before = (await happened('WorkerPinged')).length;
      await until(async () => (await happened('WorkerPinged')).length > before + 100);
      await sleep(Math.random() * 300);
      await service.kill();
      isUp = false;
      await Promise.all(pinging);
    }

    const last = await startService();
    await hasRead(last.url);
    expect(await last.terminate()).toEqual({ code: 0, signal: null });
    const followed = await allRows(database.pool);
    expect(followed['waiting_pool']).toHaveLength(40);
    const { code, stderr } = await runRetainer(['rebuild'], { DATABASE_URL: database.url });
    expect(code, stderr).toBe(0);
    expect(await allRows(database.pool)).toEqual(followed);
  });
});

test('asked to stop, it ends held polls and exits 0 without being cut short', async () => {
  const service = await startService(PLANS);
  await answerOf(post(service.url, 'reservation/make', reservationFor(await putProtoHit(service.url))));
  await until(async () => (await happened('HitPosted')).length > 0);
  const [hit] = (await happened('HitPosted')).map(({ data }) => String(data['marketplaceHitId']));
  await hasRead(service.url);
  await answerOf(fetch(`${service.url}/ping/worker/W1/assignment/A1/hit/${hit}/event/waiting`, { method: 'POST' }));
  await until(async () => (await fetch(`${service.url}/gettask/assignment/A1`)).ok);
  const held = answerOf(fetch(`${service.url}/gettask/assignment/A1?wait=50`));
  await sleep(200);
  expect(await service.terminate()).toEqual({ code: 0, signal: null });
  expect(JSON.parse(await held)).toEqual({ start: false });
  expect(service.log()).not.toContain('could not stop in time');
});
