import { afterAll, beforeAll, expect } from 'vitest';
import { type Answered, clientOf, jsonOf } from './client.ts';
import { type House, openHouse } from './house.ts';
import { protoHit } from './wire.ts';

/** A request that must be refused. */
export type Refused = {
  readonly name: string;
  readonly method?: 'GET' | 'POST';
  readonly path: string | (() => string);
  readonly parameters?: Readonly<Record<string, unknown>> | (() => Readonly<Record<string, unknown>>);
  readonly encodings?: readonly ('form' | 'json')[];
  readonly status: number;
  readonly says: RegExp;
};

export const UNKNOWN_ID = '01890000-0000-7000-8000-000000000000';

/** One of each kind, to be abused. */
type Known = Record<'protoHit' | 'reservation' | 'finished' | 'cancelled' | 'workRequest', string>;

/** For a test file about bad input: a node with something in it, and what it means that a request is refused. */
export function refusals() {
  const known: Known = { protoHit: '', reservation: '', finished: '', cancelled: '', workRequest: '' };
  let house: House;
  let client: ReturnType<typeof clientOf>;

  beforeAll(async () => {
    house = await openHouse();
    client = clientOf(house.url);
    known.protoHit = (await client.post('puttask', { json: protoHit({ hit_type_id: 'verbs' }) })).text;
    const make = async () =>
      (await client.post('reservation/make', { id: known.protoHit, foreignID: '1', delay: 0, numAssignments: 1 })).text;
    known.reservation = await make();
    known.finished = await make();
    known.cancelled = await make();
    await client.post('reservation/finish', { id: known.finished });
    await client.post('reservation/cancel', { id: known.cancelled });
    known.workRequest = (await client.post('putwork', { id: known.protoHit, foreignID: '1' })).text;
  });
  afterAll(() => house.close());

  /** Asks in both ways to speak; each time the answer is a problem in that way, and nothing is stored. */
  const refusedInBothWays = async (
    ask: (accept: string) => Promise<Answered>,
    { status, says }: Pick<Refused, 'status' | 'says'>,
  ): Promise<Answered> => {
    const before = await house.store.head();
    const inJson = await ask('application/json');
    expect(inJson.text).toMatch(says);
    expect(inJson.headers.get('content-type')).toBe('application/problem+json');
    expect(jsonOf(inJson)).toMatchObject({ status, title: expect.any(String), detail: expect.stringMatching(says) });
    const inText = await ask('text/plain');
    expect(inText.text).toMatch(says);
    expect(inText.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    for (const { text, status: answered } of [inJson, inText]) {
      expect(answered).toBe(status);
      expect(text).not.toMatch(/Error:|node_modules|\.ts:\d/);
    }
    expect(await house.store.head()).toBe(before);
    return inText;
  };

  return {
    known,
    house: () => house,
    client: () => client,

    /** Sends parameters in every encoding. */
    expectRefusal: async ({
      method = 'POST',
      path,
      parameters = {},
      encodings = ['form', 'json'],
      ...how
    }: Refused) => {
      const given = typeof parameters === 'function' ? parameters() : parameters;
      const where = typeof path === 'function' ? path() : path;
      for (const encoding of encodings)
        await refusedInBothWays(
          (Accept) =>
            method === 'GET'
              ? client.get(where, { headers: { Accept } })
              : client.post(where, given, { encoding, headers: { Accept } }),
          how,
        );
    },

    /** Sends a request as it stands. */
    expectRefused: (path: string, init: RequestInit, status: number, says: RegExp): Promise<Answered> =>
      refusedInBothWays(
        (Accept) => {
          const headers = { ...Object.fromEntries(new Headers(init.headers)), Accept };
          return client.send(path, { method: 'POST', ...init, headers });
        },
        { status, says },
      ),
  };
}
