import { expect, test } from 'vitest';
import { AssignmentId } from '../../src/domain/ids.ts';
import { WAIT } from '../../src/http/worker/call.ts';
import { createHold } from '../../src/http/worker/hold.ts';

test('many who are held listen for the end without a warning of a leak, and all hear of it', async () => {
  const warnings: string[] = [];
  const onWarning = ({ name }: Error): void => void warnings.push(name);
  process.on('warning', onWarning);
  const ending = new AbortController();
  const hold = createHold({
    lookUp: async () => undefined,
    board: { listen: () => () => {}, size: () => 0, close: () => {} },
    telling: { of: async () => WAIT, ofCalled: async () => WAIT },
    told: () => {},
    ending: ending.signal,
  });
  const held = Array.from({ length: 50 }, (_, n) =>
    hold(AssignmentId.parse(`A${n}`), { waitMs: 60_000, session: 'asks' }),
  );
  await new Promise(setImmediate);
  ending.abort();
  expect((await Promise.all(held)).map((one) => (typeof one === 'string' ? one : one.kind))).toEqual(
    held.map(() => 'wait'),
  );
  // Warnings are told in a turn of their own.
  await new Promise(setImmediate);
  expect(warnings).toEqual([]);
  process.off('warning', onWarning);
});
