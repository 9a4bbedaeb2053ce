import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A way to a database that can be cut and mended, as a network or a Postgres that restarts. */
export type FlakyWay = {
  /** The same database, by this way. */
  readonly via: (url: string) => string;
  /** Cuts what is connected and lets nobody connect. */
  readonly cut: () => Promise<void>;
  /** Lets nothing through any more, yet holds connections open. */
  readonly freeze: () => void;
  readonly mend: () => Promise<void>;
  readonly close: () => Promise<void>;
};

export async function flakyWay(): Promise<FlakyWay> {
  const sockets = new Set<Socket>();
  let target = { host: '127.0.0.1', port: 5432 };
  let isFrozen = false;

  const server = createServer((near) => {
    const far = connect(target);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on('data', (chunk) => {
        if (!isFrozen) to.write(chunk);
      });
      from.on('error', () => to.destroy());
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
    }
  });
  const listen = (port: number): Promise<void> =>
    new Promise((resolve) => server.listen(port, '127.0.0.1', () => resolve()));
  await listen(0);
  const { port } = server.address() as AddressInfo;

  const cut = async (): Promise<void> => {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  return {
    via: (url) => {
      const straight = new URL(url);
      target = { host: straight.hostname, port: Number(straight.port || 5432) };
      straight.hostname = '127.0.0.1';
      straight.port = String(port);
      // A Unix socket would be a way past this one.
      straight.searchParams.delete('host');
      return straight.href;
    },
    cut,
    freeze: () => {
      isFrozen = true;
    },
    mend: async () => {
      isFrozen = false;
      if (!server.listening) await listen(port);
    },
    close: async () => {
      if (server.listening) await cut();
    },
  };
}
