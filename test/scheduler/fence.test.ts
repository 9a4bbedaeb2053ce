import pino from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { streamOf } from '../../src/domain/event.ts';
import { openKurrentStore } from '../../src/event-store/kurrentdb/store.ts';
import type { EventStore, StreamWrite } from '../../src/event-store/port.ts';
import { createPostgresStore } from '../../src/event-store/postgres/store.ts';
import type { Marketplace } from '../../src/marketplace/port.ts';
import { Deposed, elect } from '../../src/scheduler/fence.ts';
import { freshStream, type OpenStore, pinged, write } from '../contract/eventStore.ts';
import { freshDatabase } from '../support/database.ts';
import { startKurrentNode } from '../support/kurrentdb/server.ts';
import { createMemoryStore } from '../support/memoryStore.ts';
import { type House, openHouse, SECOND } from './house.ts';
import { final } from './market.ts';

const log = pino({ level: 'silent' });

async function openPostgres(): Promise<OpenStore> {
  const { url, pool, drop } = await freshDatabase();
  const store = createPostgresStore({ url, pool, log });
  return { store, close: () => store.close().then(drop) };
}
async function openKurrentDb(): Promise<OpenStore> {
  const node = await startKurrentNode();
  const store = await openKurrentStore({ url: node.url, presenceRetentionDays: 30, log });
  return { store, close: () => store.close().then(node.stop) };
}
async function openMemory(): Promise<OpenStore> {
  const store = createMemoryStore();
  return { store, close: store.close };
}

const electOn = (store: EventStore, node: string) =>
  elect({ store, node, clock: Date.now, signal: new AbortController().signal });
const lone = (): StreamWrite => write(freshStream(), 'noStream', pinged('A'));
/** Somebody waits until it is opened. */
function gate() {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}
const acted = async (store: EventStore): Promise<number> =>
  (await store.read(streamOf.scheduler())).events.filter(({ type }) => type === 'SchedulerActed').length;

describe.each([
  { where: 'Postgres', open: openPostgres },
  { where: 'KurrentDB', open: openKurrentDb },
  { where: 'memory', open: openMemory },
])('in a log in $where', ({ open }) => {
  let store: EventStore;
  let close: () => Promise<void>;
  beforeAll(async () => {
    ({ store, close } = await open());
  });
  afterAll(() => close());

  test('the node in office appends as ever', async () => {
    const fence = await electOn(store, 'one');
    const own = lone();
    expect((await fence.store.append([own])).type).toBe('appended');
    const again = write(own.stream, 'noStream', pinged('B'));
    expect(await fence.store.append([again, lone()])).toMatchObject({
      type: 'conflict',
      stream: own.stream,
      actual: 0,
    });
    expect((await fence.store.append([lone()])).type).toBe('appended');
    expect(fence.signal.aborted).toBe(false);
  });

  test('one that was replaced is refused, whole, and told so', async () => {
    const old = await electOn(store, 'old');
    const young = await electOn(store, 'young');
    const [a, b] = [lone(), lone()];
    await expect(old.store.append([a, b])).rejects.toThrow(Deposed);
    expect(old.signal.aborted).toBe(true);
    await expect(old.store.append([a])).rejects.toThrow(Deposed);
    for (const { stream } of [a, b]) expect((await store.read(stream)).revision).toBeNull();
    expect((await young.store.append([a])).type).toBe('appended');
  });

  test('one that hangs after all its checks, just before the append itself, is refused by the log', async () => {
    const asleep = gate();
    let isHanging = false;
    const hanging: EventStore = {
      ...store,
      append: async (writes) => {
        if (isHanging) await asleep.opened;
        return store.append(writes);
      },
    };
    const old = await electOn(hanging, 'old');
    isHanging = true;
    const own = lone();
    const late = old.store.append([own]);
    const young = await electOn(store, 'young');
    expect((await young.store.append([lone()])).type).toBe('appended');
    asleep.open();
    await expect(late).rejects.toThrow(Deposed);
    expect((await store.read(own.stream)).revision).toBeNull();
  });

  test('of many who are elected at once one is in office in the end', async () => {
    const fences = await Promise.all(['a', 'b', 'c', 'd'].map((node) => electOn(store, node)));
    const results = await Promise.allSettled(fences.map((fence) => fence.store.append([lone()])));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  test('what is appended at once shares an append; a conflict and a defect concern nobody else', async () => {
    const fence = await electOn(store, 'busy');
    const before = await acted(store);
    const many = await Promise.all(Array.from({ length: 100 }, () => fence.store.append([lone()])));
    expect(many.every(({ type }) => type === 'appended')).toBe(true);
    expect((await acted(store)) - before).toBeLessThan(10);

    const taken = lone();
    await store.append([taken]);
    const used = lone();
    await store.append([used]);
    const [fine, refused, defect, alsoFine] = await Promise.allSettled([
      fence.store.append([lone()]),
      fence.store.append([write(taken.stream, 'noStream', pinged('D'))]),
      fence.store.append([write(used.stream, 'any', ...used.events, pinged('C'))]),
      fence.store.append([lone()]),
    ]);
    expect(fine).toMatchObject({ value: { type: 'appended' } });
    expect(refused).toMatchObject({ value: { type: 'conflict', stream: taken.stream } });
    expect(defect.status).toBe('rejected');
    expect(alsoFine).toMatchObject({ value: { type: 'appended' } });
  });
});

describe('a scheduler that hangs and was replaced', () => {
  let house: House;
  beforeEach(async () => {
    house = await openHouse();
    await house.reserve(await house.defineProtoHit());
  });
  afterEach(() => house.close());
  const inOffice = async (node: string, changes: Parameters<House['newScheduler']>[0] = {}) =>
    house.newScheduler({ commands: house.commandsOn((await electOn(house.store, node)).store), ...changes });

  test('between its plan and its append: what it planned is void when it wakes up', async () => {
    const [planned, asleep] = [gate(), gate()];
    const fence = await electOn(house.store, 'old');
    const hanging: EventStore = {
      ...fence.store,
      append: async (writes) => {
        planned.open();
        await asleep.opened;
        return fence.store.append(writes);
      },
    };
    const late = house.newScheduler({ commands: house.commandsOn(hanging) }).decide();
    await planned.opened;
    house.pass(60 * SECOND);
    await (await inOffice('young')).decide();
    asleep.open();
    await expect(late).rejects.toThrow(Deposed);
    expect(await house.happened('HitPostRequested')).toHaveLength(3);
  });

  /** One that hangs amid the calls it makes. */
  async function hangingPoster(
    { calls }: { calls: 'before it hangs' | 'when it wakes up' },
    postHit: Marketplace['postHit'] = house.market.marketplace.postHit,
  ) {
    const [called, asleep] = [gate(), gate()];
    const hanging: Marketplace = {
      ...house.market.marketplace,
      postHit: async (order) => {
        const early = calls === 'before it hangs' ? await postHit(order) : null;
        called.open();
        await asleep.opened;
        return early ?? postHit(order);
      },
    };
    const old = await inOffice('old', { marketplaces: async () => hanging });
    await old.decide();
    const late = old.post();
    await called.opened;
    return { late, wakeUp: asleep.open };
  }
  const expectThreePosted = async (): Promise<void> => {
    const outcomes = await house.happened('HitPosted', 'HitPostFailed');
    expect(outcomes.map(({ type }) => type)).toEqual(['HitPosted', 'HitPosted', 'HitPosted']);
    expect(new Set(outcomes.map(({ stream }) => stream)).size).toBe(3);
    expect(house.market.hits()).toHaveLength(3);
  };

  test.each(['before it hangs', 'when it wakes up'] as const)('and posts %s: each HIT exists once', async (calls) => {
    const { late, wakeUp } = await hangingPoster({ calls });
    await (await inOffice('young')).post();
    wakeUp();
    await late;
    await expectThreePosted();
  });

  test('and then meets a failure that its successor does not: it cannot record it', async () => {
    const { late, wakeUp } = await hangingPoster({ calls: 'when it wakes up' }, async () => final);
    const young = await inOffice('young');
    wakeUp();
    await expect(late).rejects.toThrow(Deposed);
    await young.post();
    await expectThreePosted();
  });
});
