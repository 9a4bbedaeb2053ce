import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { spendEvening } from '../story/evening.ts';
import { ids, STARTED_AT } from '../support/events.ts';
import { eventually } from '../support/until.ts';
import { clientOf, jsonOf } from './client.ts';
import { type House, openHouse } from './house.ts';

let house: House;
let client: ReturnType<typeof clientOf>;
beforeAll(async () => {
  house = await openHouse();
  client = clientOf(house.url);
  await spendEvening(house.store);
  // Commands wait for the read models; these events came without one. Once all three are known, so is every stream.
  await eventually(async () => expect((await told()).people).toHaveLength(3));
});
afterAll(() => house.close());

const path = `reservation/${ids.reservation(1)}/history`;

type Told = {
  readonly asOf: string | null;
  readonly summary: string;
  readonly state: Record<string, unknown>;
  readonly people: readonly { workerId: string; touched: boolean; called: string; paid: string }[];
  readonly lines: readonly { type: string; time: string; raw?: unknown; position: string; unreadable: boolean }[];
};
const told = async (query = ''): Promise<Told> => jsonOf(await client.get(`${path}?format=json${query}`)) as Told;

describe('what an auditor is told', () => {
  test('the story, in the order of the log, across every stream that the reservation touched', async () => {
    const { lines } = await told();
    expect(lines.map(({ type }) => type)).toEqual([
      ...['ReservationMade', 'HitPostRequested', 'HitPosted', 'WorkerArrived', 'WorkerArrived', 'WorkerLost'],
      ...['ReservationInvoked', 'WorkerDispatched', 'TaskAssigned', 'WorkerResponded', 'ReservationFinished'],
      ...['AssignmentSubmitted', 'AssignmentApproved'],
    ]);
    expect(lines.map(({ position }) => position)).toEqual(lines.map(({ position }) => position).sort());
  });

  test('nothing, while it cannot be told whole', async () => {
    const stand = (position: string | null) =>
      house.database.pool.query(
        `update retainer.checkpoints
         set stopped_position = $1, stopped_type = $1, stopped_error = $1, stopped_at = case when $1::text is null then null else now() end
         where projection = 'story_streams'`,
        [position],
      );
    await stand('99');
    const answer = await client.get(`${path}?format=json`);
    await stand(null);
    expect(answer.status).toBe(503);
    expect(answer.text).toContain('the read model story_streams stands still before 99 at position 99');
  });

  test('of everybody who waited: why they were called or not, paid or not', async () => {
    const { people, summary } = await told();
    expect(summary).toMatch(/1 worker was called\.$/);
    expect(people.map(({ workerId, touched }) => [workerId, touched])).toEqual([
      ['WORKER1', true],
      ['WORKER3', true],
      ['WORKER2', false],
    ]);
    const [first, third, second] = people;
    expect(first).toMatchObject({
      called: expect.stringMatching(/^Called at/),
      paid: expect.stringMatching(/^Paid 0.12/),
    });
    expect(third).toMatchObject({ called: expect.stringMatching(/^Not called: was lost/) });
    expect(second).toMatchObject({
      called: expect.stringMatching(/worker WORKER1 was, who had come by a HIT posted for this reservation/),
      paid: expect.stringMatching(/^Not paid: never submitted, though told/),
    });
  });

  test('the same as it was known at a moment, as ISO 8601 with any zone, or in milliseconds', async () => {
    for (const asOf of [
      '2027-01-15T08:00:30Z',
      '2027-01-15T09:00:30%2B01:00',
      '2027-01-15T09:00:30+01:00',
      STARTED_AT + 30_000,
    ]) {
      const then = await told(`&asOf=${asOf}`);
      expect(then.asOf).toBe('2027-01-15T08:00:30.000Z');
      expect(then.state).toMatchObject({ phase: 'made', dispatched: {} });
      expect(then.lines.at(-1)).toMatchObject({ type: 'WorkerArrived', time: '2027-01-15T08:00:05.000Z' });
      expect(then.people.map(({ called }) => called)).toEqual([
        'Not called: the reservation has not been invoked, so nobody was called to it.',
        'Not called: the reservation has not been invoked, so nobody was called to it.',
        'Not called: the reservation has not been invoked, so nobody was called to it.',
      ]);
    }
  });

  test('what changed between two moments, whichever is named first', async () => {
    const changed = `${path}?from=2027-01-15T08:00:30Z&to=${STARTED_AT + 10 * 60_000}`;
    const diff = jsonOf(await client.get(`${changed}&format=json`));
    expect(diff).toMatchObject({
      from: '2027-01-15T08:00:30.000Z',
      state: expect.arrayContaining([expect.objectContaining({ field: 'phase', before: 'made' })]),
    });
    const text = await client.get(changed);
    expect(text.text).toMatch(/what changed from 2027-01-15T08:00:30\.000Z to /);
    expect(text.text).toContain('was: Not called: the reservation has not been invoked');
    const turned = `${path}?to=2027-01-15T08:00:30Z&from=${STARTED_AT + 10 * 60_000}&format=json`;
    expect(jsonOf(await client.get(turned))).toEqual(diff);
  });

  test.each([
    ['from=2027-01-15T08:00:30Z', 400, 'to is missing'],
    ['to=2027-01-15T08:00:30Z', 400, 'from is missing'],
    ['from=yesterday&to=2027-01-15T08:00:30Z', 400, 'from must be a time such as'],
    ['from=0&to=1&asOf=2', 400, 'asOf and from exclude each other'],
    ['from=0&to=1', 404, 'the reservation had not been made at 1970-01-01T00:00:00.001Z'],
  ])('%s is answered with %i: %s', async (query, status, says) => {
    const answer = await client.get(`${path}?${query}`);
    expect([answer.status, answer.text]).toEqual([status, expect.stringContaining(says)]);
  });

  test('the raw event on demand', async () => {
    const [line] = (await told('&raw=true')).lines;
    expect(line?.raw).toMatchObject({ type: 'ReservationMade', data: { foreignId: '=1+1,"a"' }, id: ids.event(1) });
    expect((await told()).lines[0]).not.toHaveProperty('raw');
  });
});

describe('in every form', () => {
  test('text, unless the client asks for something else', async () => {
    const answered = await client.get(path);
    expect(answered.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(answered.text).toContain('1  2027-01-15T08:00:00.000Z  The reservation was made: 1 worker wanted');
    expect(answered.text).toContain('by an application (open API)');
  });

  test.each([
    ['application/json', 'json'],
    ['application/x-ndjson', 'ndjson'],
    ['text/csv', 'csv'],
    ['text/plain', 'text'],
    ['image/png, */*', 'text'],
    ['text/csv;q=0.5, application/json', 'json'],
  ])('Accept: %s is answered as %s', async (accept, format) => {
    const accepted = await client.get(path, { headers: { Accept: accept } });
    const asked = await client.get(`${path}?format=${format}`);
    expect(accepted.text).toBe(asked.text);
    expect(accepted.headers.get('content-type')).toBe(asked.headers.get('content-type'));
  });

  test('NDJSON is a line an event', async () => {
    const { text } = await client.get(`${path}?format=ndjson`);
    const lines = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines).toEqual((await told()).lines);
  });

  test('CSV is RFC 4180', async () => {
    const { text } = await client.get(`${path}?format=csv`);
    const [header, first] = text.split('\r\n');
    expect(header).toBe('line,time,who,what,why,becauseOfLine,stream,revision,position,type,id,unreadable');
    expect(first).toContain('"The reservation was made: 1 worker wanted for ""=1+1,\\""a\\"""", work expected at');
  });
});

describe('what cannot be answered', () => {
  test.each([
    [`reservation/${ids.reservation(9)}/history`, 404, 'WorkReservation.DoesNotExist'],
    [`${path}?asOf=2026-01-01T00:00:00Z`, 404, 'the reservation had not been made at 2026-01-01T00:00:00.000Z'],
    [`${path}?asOf=yesterday`, 400, 'asOf must be a time such as 2026-03-01T09:30:00Z'],
    [`${path}?asOf=2026-02-30T00:00:00Z`, 400, 'got "2026-02-30T00:00:00Z"'],
    [`${path}?asOf=2026-02-03T00:00:00`, 400, 'asOf must be a time'],
    [`${path}?format=pdf`, 400, 'format must be one of text, json, ndjson, csv, got "pdf"'],
    ['reservation/nothing/history', 400, 'id must be the id of a reservation'],
  ])('%s is %i', async (path, status, words) => {
    const answered = await client.get(path);
    expect(answered.status).toBe(status);
    expect(answered.text).toContain(words);
  });
});

test('an event that cannot be understood is named with its position, and the rest is told', async () => {
  const { pool } = house.database;
  const { rows } = await pool.query<{ position: string }>(
    `update event_store.events set data = '{"at": "noon"}' where type = 'WorkerDispatched' returning position`,
  );
  const position = String(rows[0]?.position);
  const { lines, state, people, summary } = await told();
  expect(summary).toMatch(/1 event cannot be understood/);
  const broken = lines.find(({ unreadable }) => unreadable);
  expect(Number(broken?.position)).toBe(Number(position));
  expect(broken).toMatchObject({ type: 'WorkerDispatched', raw: { data: { at: 'noon' } } });
  expect(lines).toHaveLength(13);
  expect(state).toMatchObject({ phase: 'finished' });
  expect(people[0]?.called).toMatch(/^Called at/);
  expect((await client.get(path)).text).toMatch(
    /WorkerDispatched in stream reservation-.*, revision 2, position 0*10, cannot be understood: its data does not fit: assignmentId/,
  );
});
