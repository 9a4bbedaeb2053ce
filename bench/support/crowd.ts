import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { MARKETPLACE_HIT } from './waiting.ts';

const TSX = fileURLToPath(new URL('../../node_modules/.bin/tsx', import.meta.url));

export type Crowd = {
  /** Lets so many workers in all wait and ping. */
  readonly open: (count: number) => Promise<void>;
  /** When the so-manieth worker of all was told, in milliseconds since 1970. */
  readonly told: (count: number) => Promise<number>;
  readonly leave: () => void;
};

/** Waiting workers in a process of their own: over streams, or asking every second. */
export function startCrowd(url: string, way: 'stream' | 'poll' = 'stream'): Crowd {
  const child = spawn(TSX, [fileURLToPath(new URL('../sides/crowd.ts', import.meta.url)), url, MARKETPLACE_HIT, way], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ask = async (order: object): Promise<Record<string, number>> => {
    child.stdin.write(`${JSON.stringify(order)}\n`);
    const { value, done } = await lines.next();
    if (done) throw new Error('the crowd left');
    return JSON.parse(value);
  };
  return {
    open: async (count) => {
      const { waiting } = await ask({ count });
      if (waiting !== count) throw new Error(`${waiting} of ${count} workers wait`);
    },
    told: async (count) => {
      const { told, lastAt } = await ask({ told: count });
      if (told !== count || lastAt === undefined) throw new Error(`${told} workers were told, not ${count}`);
      return lastAt;
    },
    leave: () => child.kill('SIGKILL'),
  };
}
