import type { Server } from 'node:http';
import { serve } from '@hono/node-server';
import type { Hono } from 'hono';

/** Most bytes of headers a request may have. */
const MOST_HEADER_BYTES = 16_384;

/** Serves on an address; rejects if that is taken. */
export function listen(
  fetch: Hono['fetch'],
  { host, port }: { readonly host: string; readonly port: number },
): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = serve(
      { fetch, hostname: host, port, serverOptions: { maxHeaderSize: MOST_HEADER_BYTES, keepAliveTimeout: 65_000 } },
      () => resolve(server as Server),
    );
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE'
          ? new Error(`port ${port} of ${host} is taken: stop what listens there, or set PORT`)
          : error,
      ),
    );
  });
}
