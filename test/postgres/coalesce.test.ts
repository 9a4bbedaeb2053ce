import fc from 'fast-check';
import { expect, test } from 'vitest';
import { coalesce, TooManyWaiting } from '../../src/postgres/coalesce.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));

test('look-ups of one turn are one query, and duplicates share', async () => {
  const asked: (readonly number[])[] = [];
  const double = coalesce<number, number>(
    async (keys) => {
      asked.push(keys);
      return new Map(keys.map((key) => [key, key * 2]));
    },
    { maxKeys: 100 },
  );
  expect(await Promise.all([double(1), double(2), double(1), double(3)])).toEqual([2, 4, 2, 6]);
  expect(asked).toEqual([[1, 2, 3]]);
});

test('a key that is not found is undefined', async () => {
  const none = coalesce<string, string>(async () => new Map(), { maxKeys: 10 });
  expect(await none('x')).toBeUndefined();
});

test('a failed query fails those who waited for it and nobody else', async () => {
  let failing = true;
  const look = coalesce<number, number>(
    async (keys) => {
      if (failing) throw new Error('away');
      return new Map(keys.map((key) => [key, key]));
    },
    { maxKeys: 10 },
  );
  await expect(look(1)).rejects.toThrow('away');
  failing = false;
  expect(await look(1)).toBe(1);
});

test('more keys than may wait are refused at once', async () => {
  const never = coalesce<number, number>(() => new Promise(() => {}), { maxKeys: 2, concurrency: 1 });
  void never(0);
  await turn();
  void never(1);
  void never(2);
  await expect(never(3)).rejects.toThrow(TooManyWaiting);
});

test('every caller gets the answer to its own key, whatever the interleaving', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(fc.integer({ min: 0, max: 20 }), fc.boolean())), async (calls) => {
      const square = coalesce<number, number>(
        async (keys) => {
          await turn();
          return new Map(keys.map((key) => [key, key * key]));
        },
        { maxKeys: 100 },
      );
      const answers: Promise<number | undefined>[] = [];
      for (const [key, pause] of calls) {
        answers.push(square(key));
        if (pause) await turn();
      }
      expect(await Promise.all(answers)).toEqual(calls.map(([key]) => key * key));
    }),
  );
});
