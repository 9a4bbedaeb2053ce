import { setTimeout as sleep } from 'node:timers/promises';
import * as library from '@kurrent/kurrentdb-client';
import pino from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadLibrary } from '../../src/event-store/kurrentdb/client.ts';
import { openKurrentStore } from '../../src/event-store/kurrentdb/store.ts';
import { BEGINNING, type EventStore } from '../../src/event-store/port.ts';
import { collect, eventStoreContract, freshStream, pinged, write } from '../contract/eventStore.ts';
import { createLog } from '../support/kurrentdb/log.ts';
import { type KurrentNode, startKurrentNode } from '../support/kurrentdb/server.ts';
import { until } from '../support/service.ts';

const log = pino({ level: 'silent' });
const open = (url: string) => openKurrentStore({ url, presenceRetentionDays: 30, log });

eventStoreContract('the log in KurrentDB (over gRPC, against the server of these tests)', async () => {
  const node = await startKurrentNode();
  const store = await open(node.url);
  return {
    store,
    close: async () => {
      await store.close();
      await node.stop();
    },
  };
});

// A real one, where there is one: the workflow starts it as a service container.
const real = process.env['TEST_KURRENTDB_URL'];
if (real !== undefined)
  eventStoreContract('the log in KurrentDB (a real server)', async () => {
    const store = await open(real);
    return { store, close: () => store.close() };
  });

describe('the log in KurrentDB', () => {
  let node: KurrentNode;
  let store: EventStore;
  beforeEach(async () => {
    node = await startKurrentNode();
    store = await open(node.url);
  });
  afterEach(async () => {
    await store.close();
    await node.stop();
  });

  test('an append that was stored but never answered is sent again, and is one append', async () => {
    const stream = freshStream();
    await store.append([write(stream, 'noStream', pinged('A'))]);
    for (const expected of [0, 'any'] as const) {
      node.keepSilentOnce();
      const before = (await store.read(stream)).revision ?? -1;
      const appending = store.append([write(stream, expected === 'any' ? 'any' : before, pinged('B'))]);
      await until(() => node.log.length(stream) === before + 2);
      await node.cut();
      expect((await appending).type).toBe('appended');
      expect((await store.read(stream)).revision).toBe(before + 1);
    }
  });

  test('a subscription outlives lost connections: nobody but us opens it again, after the last event that it delivered', async () => {
    const after = await store.head();
    const following = collect(store, after, ({ length }) => length >= 40);
    for (let round = 0; round < 4; round++) {
      for (let n = 0; n < 10; n++) await store.append([write(freshStream(), 'any', pinged(`R${round}N${n}`))]);
      await node.cut();
    }
    const events = await following;
    expect(events).toHaveLength(40);
    expect(new Set(events.map(({ id }) => id)).size).toBe(40);
  });

  test('a server that is away for a while is waited for', async () => {
    const stream = freshStream();
    const after = await store.head();
    const following = collect(store, after, ({ length }) => length >= 1);
    await node.stop();
    await expect(store.append([write(stream, 'any', pinged('A'))])).rejects.toThrow('KurrentDB cannot be reached');
    await sleep(300);
    await node.start();
    await until(async () => {
      const result = await store.append([write(stream, 'any', pinged('B'))]).catch(() => null);
      return result?.type === 'appended';
    });
    await following;
  });

  test('positions are those of the last delivered event, never of a checkpoint: sparse events after many others are not read twice', async () => {
    const raw = library.KurrentDBClient.connectionString(node.url);
    const noise = (stream: string) =>
      raw.multiStreamAppend([
        {
          streamName: stream,
          expectedState: library.ANY,
          events: Array.from({ length: 200 }, () => library.jsonEvent({ type: 'Noise', data: {}, metadata: {} })),
        },
      ]);
    const after = await store.head();
    const seen: string[] = [];
    const ending = new AbortController();
    const following = (async () => {
      for await (const { events } of store.subscribe({ after, signal: ending.signal })) {
        // Slow work: checkpoints that the server sends meanwhile must not move us.
        await sleep(30);
        for (const event of events) seen.push(event.type === 'WorkerPinged' ? event.data.workerId : '');
      }
    })();
    for (const mark of ['A', 'B', 'C']) {
      await store.append([write(freshStream(), 'any', pinged(mark))]);
      await noise('somebody-elses');
      await node.cut();
    }
    await until(() => seen.length === 3);
    ending.abort();
    await following;
    expect(seen).toEqual(['A', 'B', 'C']);
    expect(await store.first()).toMatchObject({ type: 'WorkerPinged' });
    await raw.dispose();
  });

  test('the server forgets old pings by itself, and nothing else', async () => {
    const [presence, other] = [freshStream('presence'), freshStream('assignment')];
    await store.append([write(presence, 'any', pinged('A')), write(other, 'any', pinged('B'))]);
    await until(() => node.log.maxAge(presence) === 30 * 86_400);
    expect(node.log.maxAge(other)).toBeUndefined();
    expect(await store.prune({ category: 'presence', before: Date.now(), limit: 10 })).toBe(0);
  });

  test('how many events lie after a position is counted, or guessed where they are many', async () => {
    for (let n = 0; n < 30; n++)
      await store.append([write(freshStream(), 'any', ...Array.from({ length: 100 }, () => pinged('A')))]);
    expect(await store.count(await store.head())).toBe(0);
    const guess = await store.count(BEGINNING);
    expect(guess).toBeGreaterThan(2_700);
    expect(guess).toBeLessThan(3_300);
  });

  test('the first event of the log is found, whoever wrote it; the server’s own and what doctor writes are none', async () => {
    expect(await store.first()).toBeNull();
    const raw = library.KurrentDBClient.connectionString(node.url);
    await raw.multiStreamAppend([
      {
        streamName: 'order-1',
        expectedState: library.ANY,
        events: [library.jsonEvent({ type: 'OrderPlaced', data: {}, metadata: {} })],
      },
    ]);
    expect(await store.first()).toEqual({ type: 'OrderPlaced', stream: 'order-1' });
    await raw.dispose();
  });
});

describe('a cluster', () => {
  const cluster = async () => {
    const shared = createLog();
    const nodes: KurrentNode[] = [];
    for (let n = 0; n < 2; n++) nodes.push(await startKurrentNode({ log: shared, peers: () => nodes }));
    const [a, b] = nodes;
    if (a === undefined || b === undefined) throw new Error('no cluster');
    b.follow(a);
    return { a, b, url: `kurrentdb://127.0.0.1:${a.port},127.0.0.1:${b.port}?tls=false&discoveryInterval=50` };
  };

  test('the leader is found by gossip, and a new one when it is deposed: a follower only answers NotLeader', async () => {
    const { a, b, url } = await cluster();
    const store = await open(url);
    await store.append([write(freshStream(), 'any', pinged('A'))]);
    expect([a.appends() > 0, b.appends()]).toEqual([true, 0]);
    a.follow(b);
    b.follow(null);
    await until(async () => {
      const result = await store.append([write(freshStream(), 'any', pinged('B'))]).catch(() => null);
      return result?.type === 'appended';
    });
    expect(b.appends()).toBeGreaterThan(0);
    await store.close();
    await Promise.all([a.stop(), b.stop()]);
  });

  test('a subscription goes on at another node when its own is gone', async () => {
    const { a, b, url } = await cluster();
    const store = await open(url);
    const following = collect(store, BEGINNING, ({ length }) => length >= 2);
    await store.append([write(freshStream(), 'any', pinged('A'))]);
    b.follow(null);
    a.follow(b);
    await a.stop();
    await until(async () => {
      const result = await store.append([write(freshStream(), 'any', pinged('B'))]).catch(() => null);
      return result?.type === 'appended';
    });
    await following;
    await store.close();
    await b.stop();
  });
});

describe('what an operator is told at the start', () => {
  test('nobody is there', async () => {
    await expect(open('kurrentdb://127.0.0.1:1?tls=false')).rejects.toThrow(
      /^cannot connect to the KurrentDB at 127\.0\.0\.1:1: /,
    );
  });

  test('the password is wrong', async () => {
    const node = await startKurrentNode({ password: 'changeit' });
    const wrong = node.url.replace('changeit', 'changedit');
    await expect(open(wrong)).rejects.toThrow('does not let this user in: check name and password in EVENT_STORE_URL');
    const store = await open(node.url);
    const stream = freshStream();
    await store.append([write(stream, 'noStream', pinged('A'))]);
    expect((await store.read(stream)).revision).toBe(0);
    await store.close();
    await node.stop();
  });

  test('the server is too old', async () => {
    const node = await startKurrentNode({ version: '24.10.4' });
    await expect(open(node.url)).rejects.toThrow(
      /is too old \(24\.10\.4\): appending to several streams as one takes version 25\.1 or newer/,
    );
    await node.stop();
  });

  test('the native part of the client is missing', async () => {
    const missing = () => Promise.reject(new Error("Cannot find module '@kurrent/bridge-freebsd-x64'"));
    await expect(loadLibrary(missing)).rejects.toThrow(/its native part is missing.*keep the log in Postgres/);
  });

  test('the server, or an option that the client does not know, lets conflicts pass', async () => {
    const node = await startKurrentNode();
    // As a client of another generation: it does not know the option by this name, and says nothing.
    const deaf = {
      ...library,
      KurrentDBClient: {
        connectionString: (url: string) => {
          const client = library.KurrentDBClient.connectionString(url);
          const append = client.multiStreamAppend.bind(client);
          client.multiStreamAppend = (requests) =>
            append(requests.map((request) => ({ ...request, expectedState: library.ANY })));
          return client;
        },
      },
    } as unknown as typeof library;
    await expect(openKurrentStore({ url: node.url, presenceRetentionDays: 30, log, library: deaf })).rejects.toThrow(
      'does not refuse an append that conflicts',
    );
    await node.stop();
  });
});
