import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runScheduler } from '../../src/scheduler/scheduler.ts';
import { eventually } from '../support/until.ts';
import { type House, openHouse } from './house.ts';
import { final } from './market.ts';

let house: House;
const running: { stop: () => Promise<void> }[] = [];
beforeEach(async () => {
  house = await openHouse();
});
afterEach(async () => {
  for (const { stop } of running.splice(0)) await stop();
  await house.close();
});

/** A node that competes for the lease; it counts the HITs that it posts itself, and its looks at what is asked for. */
function startNode(schedulerIntervalSeconds = 1, plansAtOnce = false) {
  const stopping = new AbortController();
  let posted = 0;
  let steps = 0;
  const { marketplace } = house.market;
  const ended = runScheduler({
    ...house.deps,
    url: house.url,
    store: house.store,
    commandsOn: house.commandsOn,
    caughtUp: {
      ...house.caughtUp,
      until: (...asked) => {
        steps++;
        return house.caughtUp.until(...asked);
      },
    },
    plansAtOnce,
    signal: stopping.signal,
    settings: { ...house.deps.settings, schedulerIntervalSeconds, leaseSeconds: 5, nodeName: `node ${running.length}` },
    marketplaces: async () => ({
      ...marketplace,
      postHit: (order) => {
        posted++;
        return marketplace.postHit(order);
      },
    }),
  });
  const node = {
    posted: () => posted,
    steps: () => steps,
    stop: async () => {
      stopping.abort();
      await ended;
    },
  };
  running.push(node);
  return node;
}

test('one node schedules at a time, and another takes over when it stops', async () => {
  const protoHitId = await house.defineProtoHit();
  await house.reserve(protoHitId);
  const nodes = [startNode(), startNode()];
  await eventually(() => expect(house.market.open()).toHaveLength(3));
  const [first, second] = nodes.toSorted((a, b) => b.posted() - a.posted());
  if (!first || !second) throw new Error('two nodes were started');
  expect([first.posted(), second.posted()]).toEqual([3, 0]);

  await first.stop();
  await house.reserve(protoHitId);
  await eventually(() => expect(house.market.open()).toHaveLength(5));
  expect(first.posted()).toBe(3);
  // It may repeat a call whose outcome the first had not recorded: with its token that is the same HIT.
  expect(second.posted()).toBeGreaterThanOrEqual(2);
  expect(house.market.open()).toHaveLength(5);
});

test('a node whose lease is cut off schedules again', async () => {
  const protoHitId = await house.defineProtoHit();
  startNode();
  await house.reserve(protoHitId);
  await eventually(() => expect(house.market.open()).toHaveLength(3));
  await house.db.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and application_name = 'retainer lease scheduler'`,
  );
  await house.reserve(protoHitId);
  await eventually(() => expect(house.market.open()).toHaveLength(5));
});

test('a cancelled reservation leaves the market within seconds, not at the next minute', async () => {
  const reservationId = await house.reserve(await house.defineProtoHit());
  startNode(3_600);
  await eventually(() => expect(house.market.open()).toHaveLength(3));
  await house.commands.cancelReservation(house.context, { reservationId });
  await eventually(() => expect(house.market.open()).toHaveLength(0));
});

test('an interval of 0 leaves the planning to retainer tick; what it decides is carried out all the same', async () => {
  await house.reserve(await house.defineProtoHit());
  const node = startNode(0);
  await eventually(async () => {
    const { rows } = await house.db.query(
      `select from pg_locks where locktype = 'advisory' and granted
       and pid = (select pid from pg_stat_activity
                  where datname = current_database() and application_name = 'retainer lease scheduler')`,
    );
    expect(rows).toHaveLength(1);
  });
  expect(await house.happened('HitPostRequested')).toEqual([]);
  await house.newScheduler().decide();
  await eventually(() => expect(house.market.open()).toHaveLength(3));
  expect(node.posted()).toBe(3);
});

describe('at once', () => {
  const HOUR_LONG = 3_600;
  const open = (count: number) => eventually(() => expect(house.market.open()).toHaveLength(count));

  test('what is asked for on another node is recruited for, long before the next round', async () => {
    const protoHitId = await house.defineProtoHit();
    const node = startNode(HOUR_LONG, true);
    await eventually(() => expect(node.steps()).toBeGreaterThan(0));
    // The commands are given past the node's own, as on another.
    const reservationId = await house.reserve(protoHitId);
    await open(3);
    await house.commands.finishReservation(house.context, { reservationId });
    await open(0);
    await house.commands.unfinishReservation(house.context, { reservationId });
    await open(3);
  });

  test('somebody who waits takes surplus places off the market; who leaves brings them back', async () => {
    await house.reserve(await house.defineProtoHit(), 3);
    startNode(HOUR_LONG, true);
    await open(6);
    // The market has them a moment before the log does.
    await eventually(async () => expect(await house.happened('HitPosted')).toHaveLength(6));
    await house.settle();
    const [hit] = house.market.open();
    if (!hit) throw new Error('no HIT');
    const ann = house.market.accept(hit.marketplaceHitId);
    await house.ping(ann);
    await open(5);
    house.market.giveBack(ann.assignmentId);
    await house.commands.markAssignment(house.context, { assignmentId: ann.assignmentId, as: 'returned' });
    await eventually(async () => expect(await house.happened('HitPostRequested')).toHaveLength(7));
  });

  test('a refused post is planned anew from: the ProtoHIT rests, instead of being tried on and on', async () => {
    house.market.trouble('postHit', { when: 'before', fault: final }, 3);
    await house.reserve(await house.defineProtoHit());
    const node = startNode(HOUR_LONG, true);
    await eventually(async () => expect(await house.happened('HitPostFailed')).toHaveLength(3));
    const before = node.steps();
    await house.reserve(await house.defineProtoHit({ title: 'Another' }));
    await eventually(() => expect(node.steps()).toBeGreaterThan(before + 1));
    await open(3);
    expect(await house.happened('HitPostRequested')).toHaveLength(6);
  });

  test('a thousand reservations at a time are a few steps, not a thousand', async () => {
    const protoHitId = await house.defineProtoHit();
    const node = startNode(HOUR_LONG, true);
    await eventually(() => expect(node.steps()).toBeGreaterThan(0));
    const made = 1_000;
    await Promise.all(Array.from({ length: made }, () => house.reserve(protoHitId)));
    // As many as the bound lets be on the market at a time.
    await eventually(async () => expect(await house.happened('HitPostRequested')).toHaveLength(36));
    expect(node.steps()).toBeLessThan(made / 10);
  });

  test('an interval of 0 plans nothing at once either', async () => {
    const node = startNode(0, true);
    await house.reserve(await house.defineProtoHit());
    const decided = house.newScheduler();
    await decided.decide();
    await open(3);
    expect(node.steps()).toBe(0);
  });
});

test('when the database comes back, scheduling goes on', async () => {
  const protoHitId = await house.defineProtoHit();
  startNode();
  await house.reserve(protoHitId);
  await eventually(() => expect(house.market.open()).toHaveLength(3));
  await house.db.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and pid <> pg_backend_pid()`,
  );
  await eventually(() => house.reserve(protoHitId).then(() => undefined));
  await eventually(() => expect(house.market.open().length).toBeGreaterThanOrEqual(5));
});
