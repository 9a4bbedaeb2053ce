import { setTimeout as sleep } from 'node:timers/promises';
import pino from 'pino';
import type { Browser } from 'playwright-core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { EventStore } from '../../src/event-store/port.ts';
import { openEventStore } from '../../src/eventStore.ts';
import { leaseLockSql } from '../../src/postgres/lease.ts';
import { migrate } from '../../src/postgres/migrate.ts';
import { leaseOf } from '../../src/projections/oldVersions.ts';
import { tasks } from '../../src/projections/tasks.ts';
import { SCHEDULER_LEASE } from '../../src/scheduler/scheduler.ts';
import { startChromium } from '../browser/chromium.ts';
import { landingPages } from '../browser/landingPage.ts';
import { happened } from '../scheduler/happened.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';
import { type KurrentNode, startKurrentNode } from '../support/kurrentdb/server.ts';
import { until } from '../support/service.ts';
import { type Acknowledged, type Crowd, startCrowd } from './crowd.ts';
import { killLeftOvers, runRetainer } from './serviceProcess.ts';
import { type Cluster, type Node, startCluster } from './threeNodes.ts';

const LEASE_SECONDS = 5;
const SCHEDULER = SCHEDULER_LEASE;
const PROJECTOR = leaseOf(tasks);

/** Of the reservation that only recruits. */
const NUM_ASSIGNMENTS = 500;

/** For what takes reading a log to know. */
const eventually = (isSo: () => Promise<boolean>): Promise<void> =>
  until(async () => (await isSo()) || sleep(300, false));

let database: TestDatabase;
let kurrent: KurrentNode | null;
let browser: Browser | null;
let log: EventStore;
let closeLog: () => Promise<void>;
beforeEach(async () => {
  database = await freshDatabase();
  kurrent = null;
  browser = null;
  closeLog = async () => {};
});
afterEach(async () => {
  await browser?.close();
  await killLeftOvers();
  await closeLog();
  await kurrent?.stop();
  await database.drop();
});

async function openCluster(where: 'Postgres' | 'KurrentDB') {
  kurrent = where === 'KurrentDB' ? await startKurrentNode() : null;
  const stores = { DATABASE_URL: database.url, ...(kurrent ? { EVENT_STORE_URL: kurrent.url } : {}) };
  const cluster = await startCluster({
    ...stores,
    LEASE_SECONDS: String(LEASE_SECONDS),
    SCHEDULER_INTERVAL_SECONDS: '1',
    // HITs with room for everybody.
    POLICY: 'classic',
    MAX_OPEN_HITS: '300',
    LOG_LEVEL: 'warn',
  });
  const opened = await openEventStore(kurrent?.url ?? database.url, {
    settings: { presenceRetentionDays: 30 },
    prepare: migrate,
    log: pino({ level: 'silent' }),
  });
  log = opened.store;
  closeLog = opened.close;
  return { cluster, stores };
}

const post = async (url: string, path: string, form: Record<string, string>): Promise<string> => {
  const answer = await fetch(`${url}/${path}`, { method: 'POST', body: new URLSearchParams(form) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${text}`);
  return text;
};

/** A ProtoHIT of one's own, a reservation that recruits for it without end, and its first HIT on the market. */
async function openWork(url: string, title: string, numAssignments: number) {
  const protoHit = await post(url, 'puttask', {
    title,
    description: 'Wait, then answer.',
    keywords: 'quick',
    url: 'https://example.com/wait',
    frame_height: '600',
    reward: '0.10',
    assignment_duration: '3600',
    lifetime: '7200',
    auto_approval_delay: '86400',
    max_assignments: '100',
    worker_locale: '',
    approval_rating: '0',
  });
  const reservation = await post(url, 'reservation/make', {
    id: protoHit,
    foreignID: '7',
    delay: '60',
    numAssignments: String(numAssignments),
  });
  let hit: string | undefined;
  await eventually(async () => {
    const [requested, posted] = [await happened(log, 'HitPostRequested'), await happened(log, 'HitPosted')];
    const own = new Set(requested.filter(({ data }) => data.protoHitId === protoHit).map(({ stream }) => stream));
    hit = posted.find(({ stream }) => own.has(stream))?.data.marketplaceHitId;
    return hit !== undefined;
  });
  return { protoHit, reservation, hit: hit ?? '' };
}

/** The session in our database that holds a lease: other tests' services hold theirs in theirs. */
async function sessionOf(lease: string): Promise<number | undefined> {
  const { rows } = await database.pool.query<{ pid: number }>(
    `select pid from pg_locks
     where database = (select oid from pg_database where datname = current_database()) and locktype = 'advisory'
       and granted and (classid::bigint << 32 | objid::bigint) = ${leaseLockSql('$1::text')}`,
    [lease],
  );
  return rows[0]?.pid;
}

/** Whatever befalls the holder of a lease, another one has it after a while: how soon is for the lease's own tests. */
async function isTakenOver(cluster: Cluster, lease: string, strike: (holder: Node) => Promise<void> | void) {
  const holder = await cluster.holderOf(lease);
  const session = await sessionOf(lease);
  await strike(holder);
  await until(async () => ![session, undefined].includes(await sessionOf(lease)));
  expect(await cluster.holderOf(lease, holder)).not.toBe(holder);
  return holder;
}

/** Workers are called, whatever has just happened. */
async function isServing({ acknowledged: { told } }: Crowd): Promise<void> {
  const before = told.size;
  await until(() => told.size > before);
}

/** Whoever holds a lease hangs until it is gone and another works on, and wakes up in the belief to hold it. */
async function hangAndWakeUp(cluster: Cluster, lease: string, crowd: Crowd): Promise<void> {
  const hung = await isTakenOver(cluster, lease, ({ process }) => process.hang());
  await isServing(crowd);
  hung.process.wakeUp();
  await until(() => cluster.isReady(hung));
  await isServing(crowd);
}

/** Everything acknowledged is in the log, and nobody was sent twice, nor more people than were asked for. */
async function expectNothingLostOrDoubled({ made, invoked, pings }: Acknowledged): Promise<void> {
  const pinged = countBy((await happened(log, 'WorkerPinged')).map(({ data }) => data.assignmentId));
  // One that repeats the last within a second says nothing new, and is not stored again.
  for (const assignment of pings.keys()) expect(pinged.get(assignment)).toBeGreaterThanOrEqual(1);
  const reservations = countBy((await happened(log, 'ReservationMade')).map(({ stream }) => stream));
  expect([...reservations.keys()]).toEqual(expect.arrayContaining([...made.keys()].map(streamOfId)));
  expect([...reservations.values()].every((times) => times === 1)).toBe(true);
  const invokedStreams = (await happened(log, 'ReservationInvoked')).map(({ stream }) => stream);
  expect(invokedStreams).toEqual(expect.arrayContaining([...invoked].map(streamOfId)));

  const asked = new Map([...made].map(([id, numAssignments]) => [streamOfId(id), numAssignments]));
  for (const [stream, most] of (await slotsTaken()).most)
    expect(most).toBeLessThanOrEqual(asked.get(stream) ?? NUM_ASSIGNMENTS);
  const assigned = countBy((await happened(log, 'TaskAssigned')).map(({ stream }) => stream));
  expect([...assigned.values()].every((times) => times === 1)).toBe(true);
}

const streamOfId = (id: string): string => `reservation-${id}`;
const countBy = (keys: readonly string[]): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
};

/** How many slots of each reservation are taken now, and were at most. */
async function slotsTaken(): Promise<{ now: ReadonlyMap<string, number>; most: ReadonlyMap<string, number> }> {
  const [now, most] = [new Map<string, number>(), new Map<string, number>()];
  for (const { type, stream } of await happened(log, 'WorkerDispatched', 'SlotReopened')) {
    const taken = (now.get(stream) ?? 0) + (type === 'WorkerDispatched' ? 1 : -1);
    now.set(stream, taken);
    most.set(stream, Math.max(taken, most.get(stream) ?? 0));
  }
  return { now, most };
}

/** Each decision became one HIT on the market, known by one outcome; and no node decided that was not in office. */
async function expectOneHitADecision(): Promise<void> {
  const events = await happened(log, 'HitPostRequested', 'HitPosted');
  const streams = (type: string) => events.filter((event) => event.type === type).map(({ stream }) => stream);
  expect(streams('HitPosted').toSorted()).toEqual(streams('HitPostRequested').toSorted());
  const posted = events.flatMap((event) => (event.type === 'HitPosted' ? [event.data.marketplaceHitId as string] : []));
  const { rows } = await database.pool.query<{ id: string }>('select hit_id as id from marketplace.hits order by 1');
  expect(posted.toSorted()).toEqual(rows.map(({ id }) => id));

  let inOffice = -1;
  for (const { type, data, revision } of await happened(log, 'SchedulerElected', 'SchedulerActed'))
    if (type === 'SchedulerElected') inOffice = revision;
    else expect(data).toMatchObject({ elected: inOffice });
}

/** No more orders; every reservation gets all its workers; then nothing is decided any more, and what was is done. */
async function comeToRest(url: string, { finishOrders, acknowledged }: Crowd): Promise<void> {
  await finishOrders();
  await eventually(async () => {
    const { now } = await slotsTaken();
    return [...acknowledged.made].every(([id, asked]) => now.get(streamOfId(id)) === asked);
  });
  await eventually(() =>
    post(url, 'reservation/finish/all', {}).then(
      () => true,
      () => false,
    ),
  );
  await eventually(async () => {
    const events = await happened(log, 'HitPostRequested', 'HitPosted');
    return events.filter(({ type }) => type === 'HitPosted').length * 2 >= events.length;
  });
}

test('three nodes on a log in Postgres: each is killed, those in charge hang and wake up, and nobody notices', async () => {
  const { cluster, stores } = await openCluster('Postgres');
  const { balancer, nodes } = cluster;
  const crowd = startCrowd(balancer.url, await openWork(balancer.url, 'Busy', NUM_ASSIGNMENTS));
  browser = await startChromium();
  const pages = await landingPages(browser, balancer.url);
  const patience = await openWork(balancer.url, 'Patient', 1);
  const patient = await pages.open({ workerId: 'PATIENT', assignmentId: 'PATIENT', hitId: patience.hit });
  await isServing(crowd);

  const spared = new Set(nodes);
  for (const lease of [SCHEDULER, PROJECTOR]) {
    const killed = await isTakenOver(cluster, lease, ({ process }) => process.kill());
    spared.delete(killed);
    await isServing(crowd);
    await cluster.restart(killed);
  }
  for (const node of spared) {
    await node.process.kill();
    await isServing(crowd);
    await cluster.restart(node);
  }
  for (const lease of [SCHEDULER, PROJECTOR]) await hangAndWakeUp(cluster, lease, crowd);

  await post(balancer.url, 'reservation/invoke', { id: patience.reservation });
  await until(async () => JSON.stringify(await patient.heard()) === '[{"start":true,"taskID":7}]');
  await comeToRest(balancer.url, crowd);
  await crowd.leave();
  await expectOneHitADecision();
  await expectNothingLostOrDoubled(crowd.acknowledged);
  for (const [assignment, task] of crowd.acknowledged.told)
    for (const { url } of nodes) expect(await crowd.taskOf(url, assignment)).toBe(task);

  await pages.close();
  await balancer.close();
  await Promise.all(nodes.map((node) => node.process.terminate()));
  const checked = await runRetainer(['check'], stores);
  expect(checked.code, checked.stdout + checked.stderr).toBe(0);
});

test('three nodes on a log in KurrentDB: who schedules is killed, the next one hangs and wakes up', async () => {
  const { cluster } = await openCluster('KurrentDB');
  const crowd = startCrowd(cluster.balancer.url, await openWork(cluster.balancer.url, 'Busy', NUM_ASSIGNMENTS));
  await isServing(crowd);
  const killed = await isTakenOver(cluster, SCHEDULER, ({ process }) => process.kill());
  await isServing(crowd);
  await cluster.restart(killed);
  await hangAndWakeUp(cluster, SCHEDULER, crowd);

  await comeToRest(cluster.balancer.url, crowd);
  await crowd.leave();
  await expectOneHitADecision();
  await expectNothingLostOrDoubled(crowd.acknowledged);
  await cluster.balancer.close();
});
