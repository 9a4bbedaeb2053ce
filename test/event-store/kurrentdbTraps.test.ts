import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as library from '@kurrent/kurrentdb-client';
import pino from 'pino';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { within } from '../../src/event-store/kurrentdb/client.ts';
import { openKurrentStore } from '../../src/event-store/kurrentdb/store.ts';
import { BEGINNING, type EventStore } from '../../src/event-store/port.ts';
import { collect, freshStream, pinged, write } from '../contract/eventStore.ts';
import { killLeftOvers, runRetainer } from '../faults/serviceProcess.ts';
import { freshDatabase } from '../support/database.ts';
import { createLog } from '../support/kurrentdb/log.ts';
import { type KurrentNode, startKurrentNode } from '../support/kurrentdb/server.ts';
import { until } from '../support/service.ts';

const log = pino({ level: 'silent' });
const open = (url: string, presenceRetentionDays = 30) => openKurrentStore({ url, presenceRetentionDays, log });
const DAY_MS = 86_400_000;

let node: KurrentNode;
let store: EventStore;
beforeEach(async () => {
  node = await startKurrentNode();
  store = await open(node.url);
});
afterEach(async () => {
  await killLeftOvers();
  await store.close();
  await node.stop();
});

/** As another client of the same server. */
const asOperator = async (work: (client: library.KurrentDBClient) => Promise<unknown>): Promise<void> => {
  const client = library.KurrentDBClient.connectionString(node.url);
  await work(client);
  await client.dispose();
};

describe('streams that end', () => {
  test('a ping that comes after all earlier ones were too old goes to the same stream: its number is the server’s alone', async () => {
    const presence = freshStream('presence');
    await store.append([write(presence, 'any', pinged('A'))]);
    await until(() => node.log.maxAge(presence) !== undefined);
    node.log.pass(31 * DAY_MS);
    expect(await store.read(presence)).toEqual({ events: [], revision: null });
    const appended = await store.append([write(presence, 'any', pinged('B'))]);
    expect(appended).toEqual({ type: 'appended', position: await store.head() });
    expect(await store.read(presence)).toMatchObject({ revision: 1, events: [{ revision: 1 }] });
  });

  test('a stream that was deleted is no stream, until it is appended to: then it goes on with its numbers', async () => {
    const stream = freshStream();
    await store.append([write(stream, 'noStream', pinged('A'), pinged('B'))]);
    await asOperator((client) => client.deleteStream(stream));
    expect(await store.read(stream)).toEqual({ events: [], revision: null });
    const again = [write(stream, 'noStream', pinged('C'), pinged('D'))];
    const appended = await store.append(again);
    expect(appended).toEqual({ type: 'appended', position: await store.head() });
    expect((await store.read(stream)).events.map(({ revision }) => revision)).toEqual([2, 3]);
    expect(await store.append([write(stream, 3, pinged('E'))])).toMatchObject({ type: 'appended' });
  });

  test('a stream that was deleted for ever reads as none, and an append to it fails by name, at once', async () => {
    const stream = freshStream();
    await store.append([write(stream, 'noStream', pinged('A'))]);
    await asOperator((client) => client.tombstoneStream(stream));
    expect(await store.read(stream)).toEqual({ events: [], revision: null });
    await expect(store.append([write(stream, 'any', pinged('B'))])).rejects.toMatchObject({
      type: 'stream-tombstoned',
      stream,
    });
  });

  test('how long pings are kept is told in whole seconds, and again if the server did not hear it', async () => {
    const other = await open(node.url, 1.000_001);
    const presence = freshStream('presence');
    await other.append([write(presence, 'any', pinged('A'))]);
    await until(() => node.log.maxAge(presence) === 86_400);
    await other.close();

    const unheard = freshStream('presence');
    await node.stop();
    await node.start();
    node.follow({ port: 1 });
    await asOperator((client) => expect(client.setStreamMetadata(unheard, {})).rejects.toThrow());
    node.follow(null);
    expect((await store.append([write(unheard, 'any', pinged('A'))])).type).toBe('appended');
    await until(async () => {
      await store.append([write(unheard, 'any', pinged('B'))]);
      return node.log.maxAge(unheard) !== undefined;
    });
  });

  test('a server that never answers how long to keep pings holds up neither the append nor the end', async () => {
    // Whoever waited for it would wait for longer than a test may take.
    const other = await open(`${node.url}&defaultDeadline=3600000`);
    node.keepSilentOnce('metadata');
    await other.append([write(freshStream('presence'), 'any', pinged('A'))]);
    await other.close();
  });
});

describe('what the client promises and does not keep', () => {
  test('a promise of the client’s has no timer of its own: we have', async () => {
    const never = new Promise<never>(() => {});
    await expect(within(never, 50)).rejects.toThrow('KurrentDB said nothing for 0.05 s');
  });

  test('the deadline of the URL ends a wait for an answer; what was stored meanwhile is not stored again', async () => {
    const hasty = await open(`${node.url}&defaultDeadline=500`);
    const stream = freshStream();
    const order: string[] = [];
    const appends = node.appends();
    node.keepSilentOnce();
    const patient = store.append([write(freshStream(), 'noStream', pinged('B'))]).then(() => order.push('patient'));
    await until(() => node.appends() > appends);
    node.keepSilentOnce();
    expect((await hasty.append([write(stream, 'noStream', pinged('A'))])).type).toBe('appended');
    order.push('hasty');
    await patient;
    expect(order).toEqual(['hasty', 'patient']);
    expect(node.log.length(stream)).toBe(1);
    await hasty.close();
  });

  test('throwOnAppendFailure=false, with which the client takes conflicts for revision 1, hides none from us', async () => {
    const careless = await open(`${node.url}&throwOnAppendFailure=false`);
    const stream = freshStream();
    await careless.append([write(stream, 'noStream', pinged('A'))]);
    expect(await careless.append([write(stream, 'noStream', pinged('B'))])).toMatchObject({
      type: 'conflict',
      actual: 0,
    });
    await careless.close();
  });

  test('nothing is under way any more when the log is closed', async () => {
    const other = await open(node.url);
    const following = collect(other, BEGINNING, ({ length }) => length >= 1);
    await other.append([write(freshStream('presence'), 'any', pinged('A'))]);
    await following;
    const endless = (async () => {
      for await (const _ of other.subscribe({ after: BEGINNING, signal: new AbortController().signal }));
    })();
    await until(() => node.callsUnderWay() > 0);
    await other.close();
    await endless;
    await until(() => node.callsUnderWay() === 0);
  });
});

describe('positions', () => {
  test('a transaction’s events share a commit, and are told apart: a subscription goes on in the middle of one', async () => {
    const after = await store.head();
    const marks = ['A', 'B', 'C', 'D'];
    await store.append(marks.map((mark) => write(freshStream(), 'noStream', pinged(mark))));
    const all = await collect(store, after, ({ length }) => length >= 4, { batchSize: 1 });
    const commits = new Set(all.map(({ position }) => position.split('-')[0]));
    expect([commits.size, new Set(all.map(({ position }) => position)).size]).toEqual([1, 4]);
    const second = all[1]?.position ?? BEGINNING;
    const rest = await collect(store, second, ({ length }) => length >= 2);
    expect(rest).toEqual(all.slice(2));
    expect(await store.count(second)).toBe(2);
  });
});

describe('URLs', () => {
  test.each(['esdb', 'kdb', 'kurrent', 'kurrentdb'])('%s:// is KurrentDB', async (scheme) => {
    const other = await open(node.url.replace('kurrentdb', scheme));
    expect((await other.append([write(freshStream(), 'any', pinged('A'))])).type).toBe('appended');
    await other.close();
  });

  test('an option that the client does not know is refused with those that it knows, and without the password', async () => {
    const misspelt = (url: string) => open(url).catch((error: Error) => error.message);
    const says = await misspelt('kurrentdb://admin:secret@db1:2113,db2:2113?tlsCaFile=/ca.crt&tlss=false');
    expect(says).toMatch(/^the URL of the KurrentDB at db1:2113,db2:2113 has "tlss", which its client does not know; /);
    expect(says).toMatch(/it knows tls, tlsCAFile, .*throwOnAppendFailure$/);
    expect(says).not.toContain('secret');
    expect(await misspelt('esdb://db/?tls=false&dead-line=1&Gossip=2')).toContain('"dead-line" and "Gossip"');
    expect(await misspelt('kdb://admin:what?ever=1@db?tlss=false')).toContain('has "tlss", which');
  });

  test('what is named as known is known to the client, however it is written', async () => {
    const says = await open('kurrentdb://db?tlss=false').catch((error: Error) => error.message);
    const named = String(says).split('it knows ')[1]?.split(', ') ?? [];
    const warned = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const asksTheClient = (option: string) => {
      try {
        library.KurrentDBClient.connectionString(`kurrentdb://db?${option}=x`);
      } catch {
        // It knows the option, and minds the value.
      }
    };
    for (const option of named) for (const one of [option, option.toLowerCase(), `_${option}-`]) asksTheClient(one);
    expect([named.length, warned.mock.calls]).toEqual([14, []]);
    asksTheClient('tlss');
    expect(warned).toHaveBeenCalledOnce();
    warned.mockRestore();
  });

  test('a follower lets read, and the leader it names is written to, also where the URL names the follower alone', async () => {
    const shared = createLog();
    const nodes: KurrentNode[] = [];
    for (let n = 0; n < 2; n++) nodes.push(await startKurrentNode({ log: shared, peers: () => nodes }));
    const [leader, follower] = nodes;
    if (leader === undefined || follower === undefined) throw new Error('no cluster');
    follower.follow(leader);
    for (const url of [
      follower.url,
      `${follower.url.replace('?', `,127.0.0.1:${leader.port}?`)}&nodePreference=follower`,
    ]) {
      const other = await open(url);
      const stream = freshStream();
      expect((await other.append([write(stream, 'noStream', pinged('A'))])).type).toBe('appended');
      expect((await other.append([write(stream, 0, pinged('B'))])).type).toBe('appended');
      expect((await other.read(stream)).revision).toBe(1);
      await other.close();
    }
    expect(follower.appends()).toBe(0);
    await Promise.all(nodes.map((one) => one.stop()));
  });

  test('a cluster of which nobody answers is named by its hosts, without the password', async () => {
    const failure = await open(
      'kurrentdb://admin:secret@127.0.0.1:1,127.0.0.1:2?tls=false&maxDiscoverAttempts=1',
    ).catch((error: Error) => error.message);
    expect(failure).toMatch(
      /^cannot connect to the KurrentDB at 127\.0\.0\.1:1,127\.0\.0\.1:2: nothing answers there; /,
    );
    expect(failure).not.toContain('secret');
  });

  test('one at which nothing answers, or not as the URL says, is told of in words that can be acted on', async () => {
    const nobody = open('kurrentdb://127.0.0.1:1?tls=false');
    await expect(nobody).rejects.toThrow(
      /^cannot connect to the KurrentDB at 127\.0\.0\.1:1: nothing answers there; is it running, and is tls= in the URL right\? \(connect ECONNREFUSED 127\.0\.0\.1:1\)$/,
    );
    const encrypted = open(node.url.replace('tls=false', 'tls=true'));
    await expect(encrypted).rejects.toThrow(
      /: it speaks no TLS there; write tls=false into the URL, or give the server a certificate \([^()\n]+\)$/,
    );
  });

  test.each(['tlsCaFile', 'tls-ca-file', 'userCertFile', 'userKeyFile'])(
    'a file that cannot be read is named, and the option %s that names it',
    async (option) => {
      await expect(open(`kurrentdb://a:b@127.0.0.1:1?tls=true&${option}=/nope/ca.crt`)).rejects.toThrow(
        `${option}=/nope/ca.crt in the URL of the KurrentDB at 127.0.0.1:1 is no file that can be read (ENOENT): see that its path is right`,
      );
    },
  );

  test('a server whose certificate nobody vouches for is not spoken to', async () => {
    const secure = await startKurrentNode({ password: 'changeit' });
    await expect(open(secure.url.replace(/\?tlsCaFile=.*/, ''))).rejects.toThrow(
      /^cannot connect to the KurrentDB at .*: its certificate is not trusted; is tlsCAFile= right\? \(.*certificate.*\)$/,
    );
    await secure.stop();
  });

  test('a user who may not read $all is told what to do', async () => {
    const closed = await startKurrentNode({ mayReadAll: false });
    await expect(open(closed.url)).rejects.toThrow('this user may not read $all: put it into the group $admins');
    await closed.stop();
  });

  test('opening writes nothing: the log may be another application’s', async () => {
    expect(node.log.all()).toEqual([]);
  });
});

describe('the native part of the client', () => {
  test('is loaded for a log in KurrentDB alone, and missed with a sentence', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'retainer-native-'));
    const hook = join(folder, 'missing.cjs');
    await writeFile(
      hook,
      `const { Module } = require('node:module');
       const load = Module._load;
       Module._load = function (name, ...rest) {
         if (name.startsWith('@kurrent/bridge')) throw new Error('Cannot find module ' + name);
         return load.call(this, name, ...rest);
       };`,
    );
    const database = await freshDatabase();
    const environment = { DATABASE_URL: database.url, NODE_OPTIONS: `--require ${hook}` };
    expect(await runRetainer(['projections'], environment)).toMatchObject({ code: 0 });
    expect(await runRetainer(['projections'], { ...environment, EVENT_STORE_URL: node.url })).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/the client of KurrentDB cannot be loaded on .*: its native part is missing\./),
    });
    await database.drop();
    await rm(folder, { recursive: true });
  });
});
