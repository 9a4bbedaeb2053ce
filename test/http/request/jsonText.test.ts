import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readJsonText } from '../../../src/http/request/jsonText.ts';

describe('JSON arrives as it was sent, or is refused', () => {
  test.each([
    ['{"tweet":1524831183200260097}', '1524831183200260097 as tweet'],
    ['{"payload":{"price":0.1234567890123456789}}', '0.1234567890123456789 as payload.price'],
    ['{"payload":{"far":[1,1e400]}}', '1e400 as payload.far[1]'],
    ['{"a b":{"c":9007199254740993}}', '9007199254740993 as "a b".c'],
    ['{"near":1e-400}', '1e-400 as near'],
    ['12345678901234567890', '12345678901234567890 as its value'],
  ])('%s', (json, what) => {
    expect(readJsonText(json)).toEqual({
      type: 'bad',
      why: `holds ${what}, which no JSON reader keeps: send it as text`,
    });
  });

  test.each([
    ['{"dup":1,"dup":2}', 'dup'],
    ['{"a":{"b":[{"x":1,"x":null}]}}', 'x'],
  ])('%s names one member twice', (json, name) => {
    expect(readJsonText(json)).toEqual({ type: 'bad', why: `gives ${name} twice` });
  });

  test.each(['1', '1.0', '1.50', '-2.5e10', '1e3', '0.1', '100000000000000000000', '9007199254740991', '5e-324', '-0'])(
    '%s is kept',
    (number) => expect(readJsonText(`{"n":${number}}`)).toEqual({ type: 'read', value: { n: Number(number) } }),
  );

  test('a number in a text is text', () => {
    expect(readJsonText('{"n":"1524831183200260097 and 1e400"}')).toMatchObject({ type: 'read' });
  });

  test('whatever JSON.stringify writes is read as it is', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
        const json = JSON.stringify(value);
        expect(readJsonText(json)).toEqual({ type: 'read', value: JSON.parse(json) });
      }),
    );
  });

  test('a whole number is read exactly if it is given back by its digits', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 25n), max: 10n ** 25n }), (number) => {
        const isKept =
          BigInt(Number(number)) === number &&
          (Number.isSafeInteger(Number(number)) || String(Number(number)) === String(number));
        expect(readJsonText(`[${number}]`).type).toBe(isKept ? 'read' : 'bad');
      }),
    );
  });

  test.each(['', '{', "{'a':1}", '{"a":01}', '{"a":1,}', 'NaN'])('%j is not JSON', (text) =>
    expect(readJsonText(text)).toEqual({ type: 'bad', why: 'is not JSON' }),
  );
});
