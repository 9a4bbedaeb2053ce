import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/**
 * A pooler before a PostgreSQL that gives each transaction the backend that was free last, as PgBouncer does with
 * `pool_mode=transaction`. It opens a backend for each client, lets the two speak until they know one another, and from
 * then on only passes on messages.
 */
export async function startTransactionPooler(target: string): Promise<{ url: string; close: () => Promise<void> }> {
  const { hostname, port } = new URL(target);
  const idle: Socket[] = [];
  const sockets = new Set<Socket>();
  const server: Server = createServer((client) => {
    const backend = connect(Number(port || 5432), hostname);
    for (const socket of [client, backend]) {
      sockets.add(socket);
      socket.on('error', () => {});
    }
    const introduce = (bytes: Buffer): void => void backend.write(bytes);
    client.on('data', introduce);
    const introduced = framesOf((type, frame) => {
      client.write(frame);
      if (type !== READY) return;
      backend.removeAllListeners('data');
      client.off('data', introduce);
      idle.push(backend);
      client.on('data', framesOf(passOn(client, idle)));
    });
    backend.on('data', introduced);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const url = new URL(target);
  url.search = '';
  url.host = `127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  return {
    url: url.href,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

const READY = 'Z';
const TERMINATE = 'X';

/** What one client sends goes to the backend of its transaction, or to the one that was free last. */
function passOn(client: Socket, idle: Socket[]): (type: string, frame: Buffer) => void {
  let backend: Socket | undefined;
  return (type, frame) => {
    if (type === TERMINATE) return void client.end();
    if (backend === undefined) {
      const taken = idle.pop();
      if (taken === undefined) return void client.destroy();
      backend = taken;
      taken.on(
        'data',
        framesOf((answered, bytes) => {
          client.write(bytes);
          // In no transaction any more.
          if (answered !== READY || bytes.at(-1) !== 'I'.charCodeAt(0)) return;
          taken.removeAllListeners('data');
          idle.push(taken);
          backend = undefined;
        }),
      );
    }
    backend.write(frame);
  };
}

/** Cuts a stream into the protocol's messages: a letter, and a length that counts itself. */
function framesOf(onFrame: (type: string, frame: Buffer) => void): (bytes: Buffer) => void {
  let rest = Buffer.alloc(0);
  return (bytes) => {
    rest = Buffer.concat([rest, bytes]);
    while (rest.length >= 5 && rest.length > rest.readInt32BE(1)) {
      const frame = rest.subarray(0, rest.readInt32BE(1) + 1);
      rest = rest.subarray(frame.length);
      onFrame(String.fromCharCode(frame[0] ?? 0), frame);
    }
  };
}
