import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readBody, readForm } from '../../src/http/requestBody.ts';

const text = fc.string({ unit: 'grapheme', maxLength: 30 });

describe('a form is read as it was written', () => {
  test('by URLSearchParams', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(text, text)), (entries) => {
        expect(readForm(new URLSearchParams(entries).toString())).toEqual({ type: 'read', entries });
      }),
    );
  });

  test('by encodeURIComponent', () => {
    fc.assert(
      fc.property(text, (value) => {
        expect(readForm(`a=${encodeURIComponent(value)}`)).toEqual({ type: 'read', entries: [['a', value]] });
      }),
    );
  });

  test.each([
    ['', []],
    ['&&', []],
    ['a', [['a', '']]],
    ['a=', [['a', '']]],
    ['=b', [['', 'b']]],
    ['a=b=c', [['a', 'b=c']]],
    ['a=100%', [['a', '100%']]],
    ['a=%zz%4', [['a', '%zz%4']]],
    ['a=é+🐦', [['a', 'é 🐦']]],
    [
      'a=1&a=2',
      [
        ['a', '1'],
        ['a', '2'],
      ],
    ],
    ['a=%EF%BB%BFx', [['a', '\ufeffx']]],
  ])('%j', (encoded, entries) => expect(readForm(encoded)).toEqual({ type: 'read', entries }));

  test.each(['a=%FF', '%C3=x', 'a=%ED%A0%80', 'a=%F8%88%80%80%80'])('%s is no UTF-8', (encoded) =>
    expect(readForm(encoded)).toMatchObject({ type: 'bad', answer: { status: 400 } }),
  );
});

describe('a body is read by what it says it is', () => {
  const read = (body: string | Buffer<ArrayBuffer>, type: string) =>
    readBody(new Request('http://x/', { method: 'POST', body, headers: { 'Content-Type': type } }));

  test.each(['application/json', 'Application/JSON; charset=utf-8', 'application/vnd.api+json'])(
    '%s is JSON',
    async (type) => {
      expect(await read('{"a":{"b":1}}', type)).toEqual({ type: 'read', entries: [['a', { b: 1 }]] });
    },
  );

  test('JSON keeps names that JavaScript treats in a way of its own', async () => {
    const { entries } = (await read('{"__proto__":1,"b":2}', 'application/json')) as { entries: unknown };
    expect(entries).toEqual([
      ['__proto__', 1],
      ['b', 2],
    ]);
  });

  const MARK = '\ufeff';
  test.each([
    ['JSON', `${MARK}{"a":"1"}`, 'application/json'],
    ['a form', `${MARK}a=1`, 'application/x-www-form-urlencoded'],
    ['a form that says nothing of itself', `${MARK}a=1`, ''],
  ])('a byte order mark before %s is no part of it', async (_, body, type) => {
    expect(await read(Buffer.from(body), type)).toEqual({ type: 'read', entries: [['a', '1']] });
  });

  test('a mark anywhere else is a character like others', async () => {
    expect(await read(`{"a":"${MARK}1"}`, 'application/json')).toEqual({ type: 'read', entries: [['a', `${MARK}1`]] });
  });

  test('nothing is no parameters, whatever it says it is', async () => {
    expect(await read('', 'text/xml')).toEqual({ type: 'read', entries: [] });
    expect(await readBody(new Request('http://x/', { method: 'POST' }))).toEqual({ type: 'read', entries: [] });
  });

  test('random bytes are an answer, never an exception', async () => {
    const types = [
      'application/json',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'text/plain',
      ';;',
    ];
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 50 }), fc.constantFrom(...types), async (bytes, type) => {
        expect(['read', 'bad']).toContain((await read(Buffer.from(bytes), type)).type);
      }),
    );
  });
});
