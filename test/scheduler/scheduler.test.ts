import { afterEach, beforeEach, expect, test } from 'vitest';
import { runScheduler } from '../../src/scheduler/scheduler.ts';
import { eventually } from '../support/until.ts';
import { type House, openHouse } from './house.ts';

let house: House;
const running: { stop: () => Promise<void> }[] = [];
beforeEach(async () => {
  house = await openHouse();
});
afterEach(async () => {
  for (const { stop } of running.splice(0)) await stop();
  await house.close();
});

/** A node that competes for the lease; it counts the HITs that it posts itself. */
function startNode(schedulerIntervalSeconds = 1) {
  const stopping = new AbortController();
  let posted = 0;
  const { marketplace } = house.market;
  const ended = runScheduler({
    ...house.deps,
    url: house.url,
    store: house.store,
    commandsOn: house.commandsOn,
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
  await eventually(() => expect(house.market.open()).toHaveLength(6));
  expect(first.posted()).toBe(3);
  // It may repeat a call whose outcome the first had not recorded: with its token that is the same HIT.
  expect(second.posted()).toBeGreaterThanOrEqual(3);
  expect(house.market.open()).toHaveLength(6);
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
  await eventually(() => expect(house.market.open()).toHaveLength(6));
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
  await eventually(() => expect(house.market.open().length).toBeGreaterThanOrEqual(6));
});
