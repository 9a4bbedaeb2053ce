import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { createHeldRequests } from '../../../src/http/api/heldRequests.ts';

const HOUR = { waitMs: 3_600_000, gone: new AbortController().signal, isStillLetIn: async () => true };
const found = <Found>(what: Found) => ({ type: 'found', found: what });
const refused = (status: number) => ({ type: 'refused', answer: expect.objectContaining({ status }) });

function setUp(most = 10) {
  const changes = new EventEmitter();
  const ending = new AbortController();
  /** Asks now, as the timer would, whether what is held may be. */
  const asks = new EventEmitter();
  const held = createHeldRequests({
    onChange: (callback) => {
      changes.on('change', callback);
      return () => changes.off('change', callback);
    },
    ending: ending.signal,
    recheck: (isAllowed, end) => {
      const ask = async (): Promise<void> => {
        if (!(await isAllowed())) end();
      };
      asks.on('ask', ask);
      return () => asks.off('ask', ask);
    },
    most,
  });
  return { changes, ending, asks, held };
}

/** Resolves once a request listens for changes: it is held then. */
const isHeld = (changes: EventEmitter): Promise<void> =>
  changes.listenerCount('change') > 0
    ? Promise.resolve()
    : new Promise((resolve) => changes.once('newListener', () => resolve()));

test('what is there already is given at once, and so is anything to who does not wait', async () => {
  const { held } = setUp();
  expect(await held(async () => 3, { ...HOUR, isEnough: (is) => is >= 3 })).toEqual(found(3));
  expect(await held(async () => 1, { ...HOUR, waitMs: 0, isEnough: (is) => is >= 3 })).toEqual(found(1));
});

test('a request is held through changes that are not enough, and let go by the one that is', async () => {
  const { changes, held } = setUp();
  let there = 0;
  const asked = held(async () => there, { ...HOUR, isEnough: (is) => is >= 2 });
  await isHeld(changes);
  there = 1;
  changes.emit('change');
  there = 2;
  changes.emit('change');
  expect(await asked).toEqual(found(2));
  expect(changes.listenerCount('change')).toBe(0);
});

test('what changed between the first look and the listening is seen', async () => {
  const { held } = setUp();
  let looks = 0;
  expect(await held(async () => looks++, { ...HOUR, isEnough: (is) => is >= 1 })).toEqual(found(1));
});

test.each(['the client leaves', 'the service ends', 'the time is up'])(
  'when %s it gives what there is',
  async (why) => {
    const { changes, ending, held } = setUp();
    const left = new AbortController();
    const waitMs = why === 'the time is up' ? 1 : HOUR.waitMs;
    const asked = held(async () => 'as it is', { ...HOUR, waitMs, gone: left.signal, isEnough: () => false });
    if (why !== 'the time is up') {
      await isHeld(changes);
      (why === 'the client leaves' ? left : ending).abort();
    }
    expect(await asked).toEqual(found('as it is'));
  },
);

test('more than the bound are turned away, and let in again when one has gone', async () => {
  const { changes, held } = setUp(1);
  let there = false;
  const first = held(async () => there, { ...HOUR, isEnough: (is) => is });
  await isHeld(changes);
  expect(await held(async () => there, { ...HOUR, isEnough: (is) => is })).toEqual(refused(503));
  there = true;
  changes.emit('change');
  expect(await first).toEqual(found(true));
  expect(await held(async () => 'me', { ...HOUR, waitMs: 1, isEnough: () => false })).toEqual(found('me'));
});

test('a look that fails lets the request go with its failure, and gives its place back', async () => {
  const { changes, held } = setUp(1);
  let isAway = false;
  const look = async () => {
    if (isAway) throw new Error('the database is away');
    return 1;
  };
  const asked = held(look, { ...HOUR, isEnough: () => false });
  await isHeld(changes);
  isAway = true;
  changes.emit('change');
  await expect(asked).rejects.toThrow('the database is away');
  isAway = false;
  expect(await held(look, { ...HOUR, waitMs: 1, isEnough: () => false })).toEqual(found(1));
});

test.each(['it is asked now and then', 'what it waited for is there', 'the client leaves'])(
  'a request whose right is gone is told nothing of what there is once %s, and gives its place back',
  async (why) => {
    const { changes, asks, held } = setUp(1);
    const left = new AbortController();
    let isLetIn = true;
    let there = 0;
    const options = { ...HOUR, gone: left.signal, isStillLetIn: async () => isLetIn };
    const asked = held(async () => there, { ...options, isEnough: (is) => is > 0 });
    await isHeld(changes);
    isLetIn = false;
    if (why === 'it is asked now and then') asks.emit('ask');
    else if (why === 'the client leaves') left.abort();
    else {
      there = 1;
      changes.emit('change');
    }
    expect(await asked).toEqual(refused(401));
    expect(asks.listenerCount('ask')).toBe(0);
    expect(await held(async () => 1, { ...HOUR, waitMs: 1, isEnough: () => false })).toEqual(found(1));
  },
);
