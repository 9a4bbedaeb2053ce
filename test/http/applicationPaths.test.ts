import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clientOf, jsonOf, type Speech } from './client.ts';
import { type House, openHouse } from './house.ts';
import { protoHit, UUID } from './wire.ts';

/** Every way to say the same thing. */
const SPEECHES = (['form', 'json'] as const).flatMap((encoding) =>
  (['', 'retainer/'] as const).flatMap((prefix) => (['', '/'] as const).map((slash) => ({ encoding, prefix, slash }))),
);

describe.each([{ keys: 'without keys' }, { keys: 'with a key' }])('$keys', ({ keys }) => {
  let house: House;
  let key: Readonly<Record<string, string>> = {};

  beforeAll(async () => {
    house = await openHouse();
    if (keys === 'without keys') return;
    const issued = await house.commands.issueApiKey({ actor: 'operator:test', requestId: 'test' }, { label: 'test' });
    if (issued.type === 'refused') throw new Error(issued.refusal.message);
    key = { apiKey: issued.value.key };
  });
  afterAll(() => house.close());

  describe.each(SPEECHES)('$encoding to /$prefix…$slash', ({ encoding, prefix, slash }) => {
    const say = (path: string, parameters: Readonly<Record<string, unknown>> = {}, speech: Speech = {}) =>
      clientOf(house.url).post(`${path}${slash}`, { ...key, ...parameters }, { encoding, prefix, ...speech });
    const ask = (path: string, query: Readonly<Record<string, string>> = {}) =>
      clientOf(house.url).get(`${path}${slash}?${new URLSearchParams({ ...key, ...query })}`, { prefix });
    const inJson: Speech = { headers: { Accept: 'application/json' } };

    /** The original's answer: a line of plain text. */
    const textOf = async (answering: ReturnType<typeof say>): Promise<string> => {
      const { status, text, headers } = await answering;
      expect({ status, text }).toEqual({ status: 200, text: expect.any(String) });
      expect(headers.get('content-type')).toBe('text/plain; charset=utf-8');
      return text;
    };
    const putProtoHit = (changes = {}) => textOf(say('puttask', { json: protoHit(changes) }));
    const makeReservation = (id: string, changes = {}) =>
      textOf(say('reservation/make', { id, foreignID: 42, delay: 30, numAssignments: 3, ...changes }));
    const listed = async (query: Readonly<Record<string, string>> = {}) =>
      jsonOf(await ask('reservation/list', { limit: '1', ...query }));

    test('puttask defines a ProtoHIT; the same hit_type_id again revises it', async () => {
      const name = `verbs ${encoding} ${prefix} ${slash}`;
      const id = await putProtoHit({ hit_type_id: name, reward: '0.50', frame_height: '800' });
      expect(id).toMatch(UUID);
      expect(await putProtoHit({ hit_type_id: name, title: 'Find all verbs' })).toBe(id);
      const all = jsonOf(await ask('protohit/list'));
      expect(all).toContainEqual(
        expect.objectContaining({ id, hitTypeID: name, title: 'Find all verbs', reward: 0.12, frame_height: 600 }),
      );
    });

    test('a reservation is made, listed, invoked, finished, unfinished and cancelled', async () => {
      const proto = await putProtoHit();
      const before = Date.now();
      const id = await makeReservation(proto, { payload: 'a picture' });
      expect(id).toMatch(UUID);
      expect(await listed()).toEqual([
        expect.objectContaining({
          id,
          foreignID: 42,
          payload: 'a picture',
          assignments: 3,
          workers: 0,
          dispatched: 0,
          invoked: false,
          done: false,
          state: 'made',
          proto: expect.objectContaining({ ...protoHit(), id: proto, hitTypeID: proto, sandbox: true }),
        }),
      ]);
      const [{ startTime }] = (await listed()) as [{ startTime: number }];
      expect(startTime).toBeGreaterThanOrEqual(before + 30_000);
      expect(startTime).toBeLessThanOrEqual(Date.now() + 30_000);

      expect(await textOf(say('reservation/invoke', { id, foreignID: 'task 7' }))).toBe('OK');
      expect(await listed()).toMatchObject([{ id, foreignID: 'task 7', invoked: true, done: false, state: 'invoked' }]);
      expect(await textOf(say('reservation/invoke', { id }))).toBe('OK');
      expect(await textOf(say('reservation/finish', { id }))).toBe('OK');
      expect(await listed()).toMatchObject([{ invoked: true, done: true, state: 'finished' }]);
      expect(await textOf(say('reservation/unfinish', { id }))).toBe('OK');
      expect(await listed()).toMatchObject([{ invoked: true, done: false, state: 'invoked' }]);
      expect(await textOf(say('reservation/done', { id }))).toBe('OK');
      expect(await textOf(say('reservation/cancel', { id }))).toBe('OK');
      expect(await listed()).toMatchObject([{ done: true, state: 'cancelled' }]);

      const one = await ask(`reservation/${id}`);
      expect(one.headers.get('content-type')).toBe('text/plain; charset=utf-8');
      expect(jsonOf(one)).toMatchObject({ id, state: 'cancelled' });
      expect(jsonOf(await ask(`reservation/${id.toUpperCase()}`))).toMatchObject({ id });
    });

    test('a reservation may name its ProtoHIT by hitType, and call foreignID foreign_id', async () => {
      const name = `nouns ${encoding} ${prefix} ${slash}`;
      const proto = await putProtoHit({ hit_type_id: name });
      const made = { hitType: name, foreign_id: 'x', delay: '0.5', numAssignments: '1' };
      const id = await textOf(say('reservation/make', made));
      expect(await listed({ hitType: name })).toMatchObject([{ id, foreignID: 'x', proto: { id: proto } }]);
    });

    test('a list has pages, states, and is answered to POST as well', async () => {
      const proto = await putProtoHit({ hit_type_id: `pages ${encoding} ${prefix} ${slash}` });
      const hitType = `pages ${encoding} ${prefix} ${slash}`;
      const ids = [await makeReservation(proto), await makeReservation(proto), await makeReservation(proto)];
      const idsOf = (json: unknown) => (json as { id: string }[]).map(({ id }) => id);
      expect(idsOf(await listed({ hitType, limit: '25' }))).toEqual([...ids].reverse());
      expect(idsOf(await listed({ hitType, limit: '1', before: ids[2] ?? '' }))).toEqual([ids[1]]);
      await say('reservation/finish', { id: ids[0] });
      expect(idsOf(await listed({ hitType, state: 'finished', limit: '25' }))).toEqual([ids[0]]);
      expect(idsOf(jsonOf(await say('reservation/list', { hitType, state: 'made' })))).toEqual([ids[2], ids[1]]);
    });

    test('finish/all finishes those of one ProtoHIT, or all', async () => {
      const [one, other] = [await putProtoHit(), await putProtoHit()];
      await makeReservation(one);
      await makeReservation(other);
      const open = async () => (jsonOf(await ask('reservation/list', { state: 'made', limit: '1000' })) as []).length;
      const before = await open();
      expect(await textOf(say('reservation/finish/all', { id: one }))).toBe('OK');
      expect(await open()).toBe(before - 1);
      const all = await say('reservation/finish/all', {}, inJson);
      expect(jsonOf(all)).toEqual({ ok: true, finished: before - 1 });
      expect(await open()).toBe(0);
    });

    test('the sandbox is asked for, set and toggled', async () => {
      const hitType = `sandbox ${encoding} ${prefix} ${slash}`;
      const id = await putProtoHit({ hit_type_id: hitType });
      const isSandbox = () => textOf(say('protohit/sandbox/get', { hitType }));
      expect(await isSandbox()).toBe('true');
      expect(await textOf(say('protohit/sandbox/set', { hitType, sandbox: false }))).toBe('OK');
      expect(await isSandbox()).toBe('false');
      expect(await textOf(say('toggleSandbox', { id }))).toBe('OK');
      expect(await isSandbox()).toBe('true');
      expect(jsonOf(await say('protohit/sandbox/get', { id }, inJson))).toBe(true);
    });

    test('work requests are made, done and reopened, and say that they are deprecated', async () => {
      const id = await putProtoHit();
      const made = await say('putwork', { id, foreign_id: 9, payload: 'x' });
      expect(made.text).toMatch(UUID);
      expect(made.headers.get('deprecation')).toMatch(/^@\d+$/);
      expect(made.headers.get('link')).toBe('</reservation/make>; rel="successor-version"');
      expect(await textOf(say('putwork/done', { id: made.text }))).toBe('OK');
      expect(await textOf(say('putwork/done', { id: made.text, false: '' }))).toBe('OK');
      const { events } = await house.store.read(`workRequest-${made.text}`);
      expect(events).toMatchObject([
        { type: 'WorkRequestMade', data: { protoHitId: id, foreignId: '9', payload: 'x' } },
        { type: 'WorkRequestDone' },
        { type: 'WorkRequestReopened' },
      ]);
    });

    test('HITs are listed', async () => {
      const { status, text, headers } = await ask('hit/list', { limit: '5' });
      expect({ status, text }).toEqual({ status: 200, text: '[]' });
      expect(headers.get('content-type')).toBe('text/plain; charset=utf-8');
    });

    test('a client that asks for JSON gets JSON, and where in the log its answer rests', async () => {
      const put = await say('puttask', { json: protoHit() }, inJson);
      expect(put.headers.get('content-type')).toBe('application/json');
      expect(jsonOf(put)).toEqual({ id: expect.stringMatching(UUID) });
      const { id } = jsonOf(put) as { id: string };
      const made = { id, foreignID: 'x', delay: 0, numAssignments: 1 };
      const reservation = await say('reservation/make', made, inJson);
      expect(reservation.headers.get('retainer-position')).toBe(await house.store.head());
      const { id: reservationId } = jsonOf(reservation) as { id: string };
      expect(jsonOf(await say('reservation/cancel', { id: reservationId }, inJson))).toEqual({ ok: true });
    });
  });
});
