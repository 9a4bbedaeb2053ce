import { type ChildProcess, spawn } from 'node:child_process';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { until } from '../support/until.ts';

let child: ChildProcess | undefined;
const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  child?.kill('SIGKILL');
});

/** A server whose process may open so many files. Without a word from Node: it raises what may be raised. */
async function servedWith(descriptors: number) {
  const args = ['-c', `ulimit -n ${descriptors} && exec "$0" "$@"`, process.execPath];
  const started = spawn('sh', [...args, '--import', 'tsx', 'test/http/server.child.ts'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  child = started;
  let said = '';
  started.stdout.on('data', (chunk) => {
    said += chunk;
  });
  await until(async () => /^port \d+$/m.test(said));
  return { port: Number(/^port (\d+)$/m.exec(said)?.[1]), said: () => said };
}

/** Connects and asks, and stays connected: whether there was an answer, or the connection was closed without a word. */
function asks(port: number): Promise<{ isAnswered: boolean; leave: () => void }> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'));
    sockets.push(socket);
    const leave = () => void socket.destroy();
    socket.once('data', () => resolve({ isAnswered: true, leave }));
    // Whoever is sent away while they write hears a reset.
    socket.on('error', () => {});
    socket.once('close', () => resolve({ isAnswered: false, leave }));
  });
}

describe('a server takes as many connections as there are descriptors for, less those that it needs itself', () => {
  test.each([
    [420, 220],
    [300, 200],
  ])('of %i: %i', async (descriptors, most) => {
    const { port, said } = await servedWith(descriptors);
    const served = await Promise.all(Array.from({ length: most }, () => asks(port)));
    expect(served.filter(({ isAnswered }) => isAnswered)).toHaveLength(most);
    expect((await asks(port)).isAnswered).toBe(false);
    await until(async () => said().includes(`"most":${most}`));
    expect(said()).toContain('"level":40');
    // Nobody who was served is sent away for another, and who leaves makes room.
    expect(sockets.filter(({ destroyed }) => !destroyed)).toHaveLength(most);
    served[0]?.leave();
    await until(async () => (await asks(port)).isAnswered);
  });
});
