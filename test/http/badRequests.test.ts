import { describe, expect, test } from 'vitest';
import { BODY_LIMIT } from './house.ts';
import { refusals, UNKNOWN_ID } from './refusals.ts';

const { known, house, client, expectRefused } = refusals();

describe('what is no request of ours', () => {
  const json = { 'Content-Type': 'application/json' };
  const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
  const made = (foreignID: string) => `id=${known.protoHit}&delay=0&numAssignments=1&foreignID=${foreignID}`;
  const deep = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;

  test.each([
    ['a NUL', 'a%00b', /foreignID holds a control character/],
    ['an escape', '%1B%5B2J', /holds a control character/],
    ['a C1 control character', '%C2%85', /holds a control character/],
    ['a lone surrogate', '%ED%A0%80', /not UTF-8/],
    ['a byte that is no UTF-8', '%FF', /not UTF-8/],
  ])('form: %s', async (_, foreignID, says) => {
    await expectRefused('reservation/make', { headers: form, body: made(foreignID) }, 400, says);
  });

  test.each([
    ['a NUL', '\\u0000', /holds a control character/],
    ['a lone surrogate', 'x\\udc00', /lone surrogate/],
  ])('JSON: %s', async (_, foreignID, says) => {
    const body = `{"id":"${known.protoHit}","delay":0,"numAssignments":1,"foreignID":"${foreignID}"}`;
    await expectRefused('reservation/make', { headers: json, body }, 400, says);
  });

  test('a name given twice, in the body or in body and query', async () => {
    await expectRefused('reservation/make', { headers: form, body: `${made('1')}&foreignID=2` }, 400, /given twice/);
    await expectRefused('reservation/make?foreignID=2', { headers: form, body: made('1') }, 400, /given twice/);
    await expectRefused(
      'reservation/make?id=2',
      { headers: json, body: `{"id":"${known.protoHit}"}` },
      400,
      /given twice/,
    );
  });

  test('a body that is not what it says', async () => {
    await expectRefused('puttask', { headers: json, body: '{"json":' }, 400, /the body is not JSON/);
    await expectRefused('puttask', { headers: json, body: '[1]' }, 400, /must be an object of parameters/);
    await expectRefused('puttask', { headers: json, body: 'null' }, 400, /must be an object of parameters/);
    await expectRefused('puttask', { headers: form, body: '{"title":"x"}' }, 400, /looks like JSON.*application\/json/);
    await expectRefused(
      'puttask',
      { headers: { 'Content-Type': 'text/xml' }, body: '<x/>' },
      415,
      /form-encoded or application\/json, got \\?"text\/xml/,
    );
    await expectRefused(
      'puttask',
      { headers: { ...json, 'Content-Encoding': 'gzip' }, body: 'x' },
      415,
      /must not be compressed/,
    );
    await expectRefused(
      'puttask',
      { headers: { 'Content-Type': 'multipart/form-data' }, body: 'x' },
      400,
      /multipart body is broken/,
    );
    await expectRefused('puttask', { headers: json, body: new Uint8Array([0x7b, 0xff, 0x7d]) }, 400, /not UTF-8/);
  });

  test('a file among the parameters', async () => {
    const body = new FormData();
    body.set('json', new Blob(['{}']), 'protohit.json');
    await expectRefused('puttask', { body }, 400, /json is a file/);
  });

  test('JSON that is deep', async () => {
    const payload = (depth: number) =>
      `{"id":"${known.protoHit}","delay":0,"numAssignments":1,"foreignID":"1","payload":${deep(depth)}}`;
    await expectRefused(
      'reservation/make',
      { headers: json, body: payload(33) },
      400,
      /payload.* is nested deeper than 32/,
    );
    await expectRefused(
      'reservation/make',
      { headers: json, body: payload(100_000) },
      400,
      /payload.* is nested deeper than 32/,
    );
    await expectRefused(
      'puttask',
      { headers: form, body: `json={"title":${deep(50_000)}}` },
      400,
      /json is nested deeper than 32/,
    );
  });

  test('a body over the limit, announced or not', async () => {
    const text = 'x'.repeat(10 * 1024 * 1024);
    await expectRefused(
      'puttask',
      { headers: form, body: `json=${text}` },
      413,
      new RegExp(`larger than ${BODY_LIMIT} bytes`),
    );
    const chunks = new ReadableStream({
      start: (controller) => {
        for (let i = 0; i < 5; i++) controller.enqueue(new TextEncoder().encode('x'.repeat(100_000)));
        controller.close();
      },
    });
    const before = await house().store.head();
    const answered = await client().send('puttask', {
      method: 'POST',
      headers: form,
      body: chunks,
      duplex: 'half',
    } as RequestInit);
    expect(answered.status).toBe(413);
    expect(await house().store.head()).toBe(before);
  });

  test('headers over the limit', async () => {
    const answered = await client().send('reservation/list', { headers: { 'X-Long': 'x'.repeat(20_000) } });
    expect(answered.status).toBe(431);
  });

  test.each([
    ['GET', 'reservation/make', 'POST'],
    ['GET', 'retainer/puttask', 'POST'],
    ['DELETE', 'reservation/list', 'GET, HEAD, POST'],
    ['PUT', 'protohit/list/', 'GET, HEAD, POST'],
    ['POST', 'healthz', 'GET, HEAD'],
    ['POST', `reservation/${UNKNOWN_ID}`, 'GET, HEAD'],
    ['PATCH', 'gettask/assignment/A1', 'GET, HEAD'],
  ])('%s of %s, which takes %s', async (method, path, allow) => {
    const answered = await expectRefused(path, { method }, 405, new RegExp(`${method} is not allowed here`));
    expect(answered.headers.get('allow')).toBe(allow);
  });
});
