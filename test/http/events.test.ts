import { get } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { EVENING_EVENTS, spendEvening } from '../story/evening.ts';
import { newEvent } from '../support/events.ts';
import { happened, on } from '../support/happenings.ts';
import { clientOf } from './client.ts';
import { type House, openHouse } from './house.ts';

let house: House;
let client: ReturnType<typeof clientOf>;
beforeEach(async () => {
  house = await openHouse();
  client = clientOf(house.url);
});
afterEach(() => house.close());

type Event = { type: string; position: string; id: string; [field: string]: unknown };
const linesOf = (text: string): readonly Event[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
const types = (events: readonly { type: string }[]) => events.map(({ type }) => type);
const ALL = EVENING_EVENTS.map(({ type }) => type);
let n = 1_000;
const ping = async (worker = 1): Promise<void> => {
  await house.store.append([
    { stream: on.presence(worker), expectedRevision: 'any', events: [newEvent(happened.pinged(worker, 0), n++)] },
  ]);
};

describe('the log as lines', () => {
  beforeEach(() => spendEvening(house.store));

  test('every event as the log has it, in order', async () => {
    const { text, headers } = await client.get('events');
    expect(headers.get('content-type')).toBe('application/x-ndjson');
    const events = linesOf(text);
    expect(types(events)).toEqual(ALL);
    expect(events[1]).toMatchObject({ revision: 0, stream: on.reservation(1), metadata: { actor: 'anyone' } });
  });

  test('of some types, after a position, from a moment on, at most so many', async () => {
    const some = linesOf((await client.get('events?types=ReservationInvoked,WorkerLost')).text);
    expect(types(some)).toEqual(['WorkerLost', 'ReservationInvoked']);
    const after = some[1]?.position ?? '';
    expect(types(linesOf((await client.get(`events?since=${after}&limit=2`)).text))).toEqual([
      'WorkerDispatched',
      'TaskAssigned',
    ]);
    const late = linesOf((await client.get('events?since=2027-01-15T08:02:20Z')).text);
    expect(types(late)).toEqual(['AssignmentApproved', 'WorkerReleased']);
    expect((await client.get('events?since=1800000140000')).text).toBe(
      (await client.get('events?since=2027-01-15T09:02:20+01:00')).text,
    );
    const last = late[1]?.position ?? '';
    expect((await client.get(`events?since=${last}`)).text).toBe('');
  });

  test('as CloudEvents 1.0, a line each or as a batch', async () => {
    const [first] = linesOf((await client.get('events?format=cloudevents&limit=1')).text);
    expect(first).toEqual({
      ...{ specversion: '1.0', source: '/retainer/events', type: 'retainer.ProtoHitDefined' },
      ...{ id: expect.any(String), subject: on.protoHit(1), time: '2027-01-15T08:00:00.000Z' },
      ...{ datacontenttype: 'application/json', position: expect.any(String), revision: 0, actor: 'anyone' },
      ...{ correlationid: 'a test', causationid: 'a test', data: EVENING_EVENTS[0]?.data },
    });
    const batch = await client.get('events', { headers: { Accept: 'application/cloudevents-batch+json' } });
    expect(batch.headers.get('content-type')).toBe('application/cloudevents-batch+json');
    expect(types(JSON.parse(batch.text))).toEqual(ALL.map((type) => `retainer.${type}`));
    const none = await client.get('events?format=cloudevents-batch&types=HitDisposed');
    expect(JSON.parse(none.text)).toEqual([]);
  });

  test('an event that cannot be understood is in its place, with the reason', async () => {
    await house.database.pool.query(
      `update event_store.events set data = '{}' where type in ('WorkerLost', 'ReservationFinished')`,
    );
    const events = linesOf((await client.get('events')).text);
    expect(types(events)).toEqual(ALL);
    const broken = events.filter(({ unreadable }) => unreadable);
    expect(types(broken)).toEqual(['WorkerLost', 'ReservationFinished']);
    expect(broken[0]?.['unreadable']).toContain(`position ${broken[0]?.position}`);
    expect(linesOf((await client.get('events?types=ReservationMade')).text)).toHaveLength(1);
  });

  test.each([
    ['events?since=yesterday', 'since must be a position as the log gives it, or a time such as'],
    ['events?since=9000000000000000000', "since must be no later than the log's last position, 00000000000"],
    ['events?since=15', 'since must be a position as the log gives it'],
    ['events?types=Nothing', 'types must be types of events with commas between them, of ProtoHitDefined'],
    ['events?limit=0', 'limit must be a whole number, 1 or more, got'],
    ['events?format=xml', 'format must be one of ndjson, cloudevents, cloudevents-batch, got "xml"'],
  ])('%s is refused in words', async (path, words) => {
    const { status, text } = await client.get(path);
    expect(status).toBe(400);
    expect(text).toContain(words);
  });
});

test('an empty log is an empty answer', async () => {
  expect((await client.get('events')).text).toBe('');
  expect((await client.get('events?format=cloudevents-batch')).text).toBe('[]\n');
});

/** Follows the log over a socket of its own. */
function follow(path: string, headers: Record<string, string> = {}) {
  let text = '';
  let ended = false;
  const wake = new Set<() => void>();
  const changed = () => {
    for (const look of [...wake]) look();
  };
  const request = get(`${house.url}/${path}`, { headers: { Accept: 'text/event-stream', ...headers } }, (response) => {
    response.on('data', (chunk) => {
      text += chunk;
      changed();
    });
    response.on('end', () => {
      ended = true;
      changed();
    });
  });
  request.on('error', () => {});
  const until = (isTrue: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (!isTrue()) return;
        wake.delete(look);
        resolve();
      };
      wake.add(look);
      look();
    });
  const told = (): readonly { id: string; event: string; data: Event }[] =>
    [...text.matchAll(/^id: (\S+)\nevent: (\w+)\ndata: (.*)\n\n/gm)].map(([, id = '', event = '', data = '']) => ({
      id,
      event,
      data: JSON.parse(data),
    }));
  return {
    told,
    text: () => text,
    count: (count: number) => until(() => told().length >= count),
    end: () => until(() => ended),
    leave: () => request.destroy(),
  };
}

describe('the log live', () => {
  test('what was, then what happens, each with its position as id', async () => {
    await spendEvening(house.store);
    const live = follow('events?types=ReservationMade,WorkerPinged');
    await live.count(1);
    await ping();
    await live.count(2);
    expect(live.told().map(({ event }) => event)).toEqual(['ReservationMade', 'WorkerPinged']);
    expect(live.told().every(({ id, data }) => id === data.position)).toBe(true);
    live.leave();
  });

  test('goes on after the last event that the client had, whatever its URL says', async () => {
    const last = await spendEvening(house.store);
    const live = follow('events?since=2000-01-01T00:00:00Z&format=cloudevents', { 'Last-Event-ID': last });
    await ping(7);
    await live.count(1);
    expect(live.told()[0]?.data).toMatchObject({
      specversion: '1.0',
      type: 'retainer.WorkerPinged',
      subject: on.presence(7),
    });
    live.leave();
  });

  test('an id that is no position is refused', async () => {
    const answered = await client.get('events', { headers: { Accept: 'text/event-stream', 'Last-Event-ID': 'x' } });
    expect(answered.status).toBe(400);
    expect(answered.text).toContain('Last-Event-ID must be a position');
  });

  test('ends when the service stops', async () => {
    const live = follow('events');
    await ping();
    await live.count(1);
    house.stopping.abort();
    await live.end();
  });

  test('an event that cannot be understood is told as such, and those after it too', async () => {
    await spendEvening(house.store);
    await house.database.pool.query(`update event_store.events set data = '{}' where type = 'WorkerLost'`);
    const live = follow('events');
    await live.count(ALL.length);
    expect(
      live
        .told()
        .filter(({ event }) => event === 'unreadable')
        .map(({ data }) => data.type),
    ).toEqual(['WorkerLost']);
    live.leave();
  });

  test('more followers than a node serves are turned away, and one who leaves makes room', async () => {
    await ping();
    const all = Array.from({ length: 50 }, () => follow('events'));
    await Promise.all(all.map((live) => live.count(1)));
    const refused = await client.get('events', { headers: { Accept: 'text/event-stream' } });
    expect(refused.status).toBe(503);
    all[0]?.leave();
    await expect
      .poll(async () => {
        const leaving = new AbortController();
        const { status } = await fetch(`${house.url}/events`, {
          headers: { Accept: 'text/event-stream' },
          signal: leaving.signal,
        });
        leaving.abort();
        return status;
      })
      .toBe(200);
    for (const live of all) live.leave();
  });
});
