import { createServer, connect as dial, type Socket } from 'node:net';

/** How a service can be away: connections are refused; every answer is an error; or there is never any answer. */
export type Away = 'refuses' | 'fails' | 'is silent';

export type Gate = {
  /** Where pages reach the service through the gate. */
  readonly url: string;
  /** Cuts every connection; from now on whoever comes meets a service that is away. */
  readonly shut: (away: Away) => Promise<void>;
  readonly open: () => Promise<void>;
  readonly close: () => Promise<void>;
};

const ERROR = [
  'HTTP/1.1 500 Internal Server Error',
  'Access-Control-Allow-Origin: *',
  'Content-Type: text/plain',
  'Content-Length: 4',
  'Connection: close',
  '',
  'Oops',
].join('\r\n');

/** A way to the service at `to` that can be shut and opened, as routers, proxies and deployments do. */
export async function createGate(to: string): Promise<Gate> {
  const { hostname, port } = new URL(to);
  const sockets = new Set<Socket>();
  let away: Away | null = null;

  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    // A cut connection is what this is for; its end is all that matters.
    socket.on('error', () => socket.destroy());
    return socket.on('close', () => sockets.delete(socket));
  };
  const server = createServer((page) => {
    keep(page);
    if (away === 'fails') page.once('data', () => page.end(ERROR));
    else if (away === null) {
      const service = keep(dial(Number(port), hostname));
      page.pipe(service).pipe(page);
      page.once('close', () => service.destroy());
      service.once('close', () => page.destroy());
    } else page.resume();
  });

  const listen = (at: number): Promise<void> =>
    new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(at, '127.0.0.1', () => {
        server.off('error', reject);
        resolve();
      });
    });
  const stop = (): Promise<unknown> => {
    const stopped = new Promise((resolve) => server.close(resolve));
    for (const socket of sockets) socket.destroy();
    return stopped;
  };

  await listen(0);
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the gate does not listen');
  return {
    url: `http://127.0.0.1:${address.port}`,
    shut: async (how) => {
      away = how;
      await stop();
      if (how !== 'refuses') await listen(address.port);
    },
    open: async () => {
      away = null;
      await stop();
      await listen(address.port);
    },
    close: async () => void (await stop()),
  };
}
