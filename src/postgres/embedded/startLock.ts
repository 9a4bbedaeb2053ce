import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Runs `work` while no other process of this machine does so for the same folder. The lock is a name that only one
 * process can listen on, so that it ends with its holder however that ends: a lock file would outlive a kill -9,
 * and the process id in it would soon be another's.
 */
export async function whileLocked<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const name = nameFor(folder);
  let lock = await take(name);
  while (lock === null) {
    await sleep(50);
    lock = await take(name);
  }
  const held = lock;
  try {
    return await work();
  } finally {
    await new Promise((resolve) => held.close(resolve));
  }
}

function nameFor(folder: string): string {
  const name = `retainer-${createHash('sha256').update(folder).digest('hex').slice(0, 32)}`;
  if (process.platform === 'win32') return `\\\\?\\pipe\\${name}`;
  return process.platform === 'linux' ? `\0${name}` : join(tmpdir(), name);
}

async function take(name: string): Promise<Server | null> {
  const server = createServer((socket) => socket.destroy());
  const error = await new Promise<NodeJS.ErrnoException | null>((resolve) => {
    server.once('error', resolve);
    server.listen({ path: name, exclusive: true }, () => resolve(null));
  });
  if (error === null) return server;
  if (error.code !== 'EADDRINUSE') throw error;
  // Elsewhere than on Linux and Windows the name is a file, which a killed holder leaves behind.
  if (name.startsWith('/') && !(await answers(name))) await rm(name, { force: true });
  return null;
}

const answers = (name: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(name, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
