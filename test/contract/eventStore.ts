import { setTimeout as sleep } from 'node:timers/promises';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { NewEvent, StreamName } from '../../src/domain/event.ts';
import { AssignmentId, EventId, WorkerId } from '../../src/domain/ids.ts';
import {
  BEGINNING,
  type EventStore,
  type ExpectedRevision,
  type Position,
  type RecordedEvent,
  type StreamWrite,
} from '../../src/event-store/port.ts';
import { PATIENCE_MS } from '../support/until.ts';

export type OpenStore = { readonly store: EventStore; readonly close: () => Promise<void> };

let streams = 0;
/** A stream nobody wrote to, in a category that keeps what it gets. */
export const freshStream = (category = 'assignment'): StreamName =>
  `${category}-S${process.pid}N${++streams}` as StreamName;

/** An event with a mark to tell it by. */
export const pinged = (mark: string, recordedAt = Date.now()): NewEvent => ({
  type: 'WorkerPinged',
  data: {
    assignmentId: AssignmentId.parse('A1'),
    workerId: WorkerId.parse(mark),
    pingType: 'waiting',
    at: recordedAt,
  },
  id: EventId.parse(uuidv7()),
  recordedAt,
  metadata: { actor: 'anyone', correlationId: 'c', causationId: 'd' },
});

export const write = (
  stream: StreamName,
  expectedRevision: ExpectedRevision,
  ...events: readonly NewEvent[]
): StreamWrite => ({ stream, expectedRevision, events });

const marksOf = (events: readonly RecordedEvent[]): readonly string[] =>
  events.map((event) => (event.type === 'WorkerPinged' ? event.data.workerId : event.type));

/** Follows a log until `isEnough` says so; fails loudly if that takes too long. */
export async function collect(
  store: EventStore,
  after: Position,
  isEnough: (events: readonly RecordedEvent[]) => boolean,
  { timeoutMs = PATIENCE_MS, batchSize }: { timeoutMs?: number; batchSize?: number } = {},
): Promise<readonly RecordedEvent[]> {
  const ending = new AbortController();
  const timer = setTimeout(() => ending.abort(), timeoutMs);
  const events: RecordedEvent[] = [];
  for await (const batch of store.subscribe({ after, signal: ending.signal, ...(batchSize ? { batchSize } : {}) })) {
    events.push(...batch.events);
    if (isEnough(events)) ending.abort();
  }
  clearTimeout(timer);
  if (!isEnough(events)) throw new Error(`the subscription delivered only ${events.length} events in ${timeoutMs} ms`);
  return events;
}

/** What every event store promises (src/event-store/port.ts), with the races that other stores lose. */
export function eventStoreContract(name: string, open: () => Promise<OpenStore>): void {
  describe(`${name} keeps the promises of the log`, () => {
    let store: EventStore;
    let close: (() => Promise<void>) | undefined;
    beforeAll(async () => {
      ({ store, close } = await open());
    });
    afterAll(async () => {
      // One that could not be opened has failed already, and says why.
      await close?.();
    });

    const appended = async (...writes: readonly StreamWrite[]): Promise<Position> => {
      const result = await store.append(writes);
      if (result.type === 'conflict') throw new Error(`unexpected conflict: ${JSON.stringify(result)}`);
      return result.position;
    };

    test('a stream is read back as it was written, with revisions from 0', async () => {
      const stream = freshStream();
      const events = [pinged('A'), pinged('B'), pinged('C')];
      await appended(write(stream, 'noStream', ...events));
      const slice = await store.read(stream);
      expect(slice.revision).toBe(2);
      expect(slice.events.map(({ revision }) => revision)).toEqual([0, 1, 2]);
      expect(slice.events.map(({ stream: _, revision: __, position: ___, ...event }) => event)).toEqual(events);
    });

    test('a stream that nobody wrote to has no events and no revision', async () => {
      expect(await store.read(freshStream())).toEqual({ events: [], revision: null });
      expect(await store.read(freshStream(), { fromRevision: 0 })).toEqual({ events: [], revision: null });
    });

    test('a stream is read from a revision, up to a position, up to a time', async () => {
      const stream = freshStream();
      await appended(write(stream, 'noStream', pinged('A', 1_000)));
      const second = await appended(write(stream, 0, pinged('B', 2_000)));
      await appended(write(stream, 1, pinged('C', 3_000)));
      expect(marksOf((await store.read(stream, { fromRevision: 1 })).events)).toEqual(['B', 'C']);
      expect(marksOf((await store.read(stream, { upToPosition: second })).events)).toEqual(['A', 'B']);
      expect(marksOf((await store.read(stream, { upToTime: 2_500 })).events)).toEqual(['A', 'B']);
      expect((await store.read(stream, { fromRevision: 9 })).revision).toBe(2);
    });

    test.each<[ExpectedRevision, boolean, boolean]>([
      // expectation, holds for no stream, holds for a stream of one event
      ['noStream', true, false],
      ['streamExists', false, true],
      ['any', true, true],
      [0, false, true],
      [1, false, false],
    ])('the expectation %s is enforced', async (expected, onNone, onOne) => {
      const none = freshStream();
      const one = freshStream();
      await appended(write(one, 'noStream', pinged('A')));
      const results = [
        await store.append([write(none, expected, pinged('B'))]),
        await store.append([write(one, expected, pinged('B'))]),
      ];
      expect(results.map(({ type }) => type)).toEqual(
        [onNone, onOne].map((holds) => (holds ? 'appended' : 'conflict')),
      );
      const refused = results.filter(({ type }) => type === 'conflict');
      for (const result of refused)
        expect(result).toMatchObject({ expected, actual: 'stream' in result && result.stream === one ? 0 : null });
    });

    test('an append to several streams is stored whole or not at all', async () => {
      const [a, b, c] = [freshStream(), freshStream(), freshStream()];
      await appended(write(b, 'noStream', pinged('B0')));
      const refused = await store.append([
        write(a, 'noStream', pinged('A0')),
        write(b, 'noStream', pinged('B1')),
        write(c, 'noStream', pinged('C0')),
      ]);
      expect(refused).toEqual({ type: 'conflict', stream: b, expected: 'noStream', actual: 0 });
      expect((await store.read(a)).revision).toBeNull();
      expect((await store.read(c)).revision).toBeNull();
      await appended(write(a, 'noStream', pinged('A0')), write(b, 0, pinged('B1')), write(c, 'noStream', pinged('C0')));
      expect(marksOf((await store.read(b)).events)).toEqual(['B0', 'B1']);
      expect((await store.read(c)).revision).toBe(0);
    });

    test('a write without events adds nothing, and still checks its stream', async () => {
      const [checked, written] = [freshStream(), freshStream()];
      await appended(write(checked, 'noStream', pinged('A')));
      for (const alone of [true, false]) {
        const writes = (expected: ExpectedRevision) => [
          write(checked, expected),
          ...(alone ? [] : [write(written, 'any', pinged('B'))]),
        ];
        expect(await store.append(writes(7))).toMatchObject({ type: 'conflict', stream: checked, actual: 0 });
        expect((await store.append(writes(0))).type).toBe('appended');
      }
      expect((await store.read(checked)).revision).toBe(0);
      expect((await store.read(written)).revision).toBe(0);
    });

    test('an append that names a stream twice, or none, is an error', async () => {
      const stream = freshStream();
      await expect(
        store.append([write(stream, 'any', pinged('A')), write(stream, 'any', pinged('B'))]),
      ).rejects.toThrow(/once/);
      await expect(store.append([])).rejects.toThrow(/at least one/);
      expect((await store.read(stream)).revision).toBeNull();
    });

    test('an event that does not fit its schema is refused, and nothing of its append is stored', async () => {
      const [good, bad] = [freshStream('operator'), freshStream('operator')];
      const fits = pinged('fits');
      const unfit: NewEvent = {
        ...fits,
        id: EventId.parse(uuidv7()),
        type: 'OperatorSignInRefused',
        data: { from: `fe80::1%${'a'.repeat(80)}`, at: 0 },
      };
      const appending = store.append([write(good, 'noStream', fits), write(bad, 'noStream', unfit)]);
      await expect(appending).rejects.toThrow(
        new RegExp(`^OperatorSignInRefused for stream ${bad} does not fit its schema and was not stored: from: `),
      );
      for (const stream of [good, bad]) expect(await store.read(stream)).toEqual({ events: [], revision: null });
    });

    test('of many writers who open one stream, one does', async () => {
      const stream = freshStream();
      const results = await Promise.all(
        Array.from({ length: 32 }, (_, n) => store.append([write(stream, 'noStream', pinged(`W${n}`))])),
      );
      expect(results.filter(({ type }) => type === 'appended')).toHaveLength(1);
      expect((await store.read(stream)).revision).toBe(0);
    });

    test('of many writers who expect the same revision, one gets it', async () => {
      const stream = freshStream();
      await appended(write(stream, 'noStream', pinged('A')));
      const results = await Promise.all(
        Array.from({ length: 32 }, (_, n) => store.append([write(stream, 0, pinged(`W${n}`))])),
      );
      expect(results.filter(({ type }) => type === 'appended')).toHaveLength(1);
      expect((await store.read(stream)).revision).toBe(1);
    });

    test('a conflict in one append leaves the others of the same moment alone', async () => {
      const taken = freshStream();
      await appended(write(taken, 'noStream', pinged('A')));
      const others = Array.from({ length: 20 }, () => freshStream());
      const [refused, ...stored] = await Promise.all([
        store.append([write(taken, 'noStream', pinged('B'))]),
        ...others.map((stream) => store.append([write(stream, 'noStream', pinged('C'))])),
      ]);
      expect(refused?.type).toBe('conflict');
      expect(stored.every(({ type }) => type === 'appended')).toBe(true);
    });

    test.each<ExpectedRevision>(['noStream', 'any', 0, 'streamExists'])(
      'the same append sent again, expecting %s, answers as the first did and stores nothing',
      async (expected) => {
        const stream = freshStream();
        if (expected !== 'noStream') await appended(write(stream, 'noStream', pinged('before')));
        const [other, events] = [freshStream(), [pinged('A'), pinged('B')]];
        const twice = [write(stream, expected, ...events), write(other, 'noStream', pinged('C'))];
        const first = await store.append(twice);
        expect(first.type).toBe('appended');
        await appended(write(stream, 'any', pinged('later')));
        const { revision } = await store.read(stream);
        expect(await store.append(twice)).toEqual(first);
        expect((await store.read(stream)).revision).toBe(revision);
        expect((await store.read(other)).revision).toBe(0);
      },
    );

    test.each<ExpectedRevision>(['noStream', 'any'])(
      'the same append sent many times at once, expecting %s, is one append',
      async (expected) => {
        const stream = freshStream();
        const twice = [write(stream, expected, pinged('A'), pinged('B'))];
        const results = await Promise.all(Array.from({ length: 16 }, () => store.append(twice)));
        expect(new Set(results.map((result) => JSON.stringify(result))).size).toBe(1);
        expect(results[0]?.type).toBe('appended');
        expect((await store.read(stream)).revision).toBe(1);
      },
    );

    test.each<ExpectedRevision>(['any', 'noStream', 'streamExists'])(
      'an append of which only some events are stored already, expecting %s, is an error',
      async (expected) => {
        const [stream, other] = [freshStream(), freshStream()];
        const known = pinged('A');
        await appended(write(stream, 'noStream', known));
        await expect(store.append([write(stream, expected, known, pinged('B'))])).rejects.toThrow(/already/);
        await expect(
          store.append([write(other, 'noStream', pinged('C')), write(stream, expected, known)]),
        ).rejects.toThrow(/already/);
        expect((await store.read(stream)).revision).toBe(0);
        expect((await store.read(other)).revision).toBeNull();
      },
    );

    test('positions grow in the order of appends, and the head is the last one', async () => {
      const positions: Position[] = [];
      for (const mark of ['A', 'B', 'C'])
        positions.push(await appended(write(freshStream(), 'noStream', pinged(mark))));
      expect([...positions].sort()).toEqual(positions);
      expect(await store.head()).toBe(positions.at(-1));
      expect(BEGINNING < (positions[0] ?? '')).toBe(true);
    });

    test('the log is looked back through from its end, newest first, stretch by stretch, by type', async () => {
      const from = await store.head();
      const streams = Array.from({ length: 9 }, () => freshStream());
      for (const stream of streams) await appended(write(stream, 'noStream', pinged('BACK')));
      const seen: string[] = [];
      for (let next: Position | null = null, turns = 0; turns < 50; turns++) {
        const stretch = await store.lookBack({ before: next, limit: 4, types: ['WorkerPinged'] });
        for (const event of stretch.events)
          if (event instanceof Error) throw event;
          else if (event.position > from) seen.push(event.stream);
        expect(stretch.events.length).toBeLessThanOrEqual(4);
        next = stretch.next;
        if (next === null || next <= from) break;
      }
      expect(seen).toEqual(streams.toReversed());
      const others = await store.lookBack({ before: null, limit: 4, types: ['ReservationTimedOut'] });
      expect(others.events).toEqual([]);
      expect(await store.lookBack({ before: BEGINNING, limit: 4, types: null })).toEqual({ events: [], next: null });
    });

    test('a subscription catches up from a position, in batches, and follows live', async () => {
      const after = await store.head();
      const streams = Array.from({ length: 25 }, () => freshStream());
      for (const stream of streams.slice(0, 20)) await appended(write(stream, 'noStream', pinged(stream)));
      const following = collect(store, after, (events) => events.length >= 25, { batchSize: 7 });
      await sleep(50);
      for (const stream of streams.slice(20)) await appended(write(stream, 'noStream', pinged(stream)));
      const events = await following;
      expect(events.map(({ stream }) => stream)).toEqual(streams);
      const positions = events.map(({ position }) => position);
      expect([...positions].sort()).toEqual(positions);
    });

    test.each([
      [10, [false, false, true]],
      [8, [false, true]],
    ])('a subscription to %i events in batches of 4 says when it has caught up', async (count, expected) => {
      const after = await store.head();
      for (let n = 0; n < count; n++) await appended(write(freshStream(), 'noStream', pinged(`N${n}`)));
      const ending = new AbortController();
      const caughtUp: boolean[] = [];
      for await (const batch of store.subscribe({ after, batchSize: 4, signal: ending.signal })) {
        caughtUp.push(batch.caughtUp);
        if (batch.caughtUp) ending.abort();
      }
      expect(caughtUp).toEqual(expected);
    });

    test('a subscription that waits for more ends when it is told to', async () => {
      const ending = new AbortController();
      const following = (async () => {
        for await (const _ of store.subscribe({ after: await store.head(), signal: ending.signal }))
          throw new Error('there is nothing to deliver');
      })();
      await sleep(50);
      ending.abort();
      await following;
    });

    test('a subscription during 16 concurrent writers delivers every event once, in the order of each stream', async () => {
      const after = await store.head();
      const [writers, each] = [16, 60];
      const total = writers * each;
      const following = collect(store, after, (events) => events.length >= total);
      const writing = Array.from({ length: writers }, async (_, writer) => {
        const stream = freshStream();
        for (let n = 0; n < each; n++)
          await appended(write(stream, n === 0 ? 'noStream' : n - 1, pinged(`W${writer}N${n}`)));
      });
      const [events] = await Promise.all([following, ...writing]);
      expect(events).toHaveLength(total);
      expect(new Set(events.map(({ id }) => id)).size).toBe(total);
      const last = new Map<StreamName, number>();
      for (const { stream, revision } of events) {
        expect(revision).toBe((last.get(stream) ?? -1) + 1);
        last.set(stream, revision);
      }
      const again = await collect(store, after, (replayed) => replayed.length >= total);
      expect(again).toEqual(events);
    });
  });
}
