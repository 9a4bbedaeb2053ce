import { IncomingMessage, type Server } from 'node:http';
import { serve } from '@hono/node-server';
import type { Hono } from 'hono';
import type { Logger } from 'pino';
import { z } from 'zod';

/** Most bytes of headers a request may have. */
const MOST_HEADER_BYTES = 16_384;
/** File descriptors that are left to the database, the log and whatever else a node opens. */
const OTHER_DESCRIPTORS = 200;

/** Serves on an address; rejects if that is taken. */
export function listen(
  fetch: Hono['fetch'],
  { host, port, log }: { readonly host: string; readonly port: number; readonly log: Pick<Logger, 'warn'> },
): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = serve(
      {
        fetch: forOneHost(fetch),
        hostname: host,
        port,
        serverOptions: { maxHeaderSize: MOST_HEADER_BYTES, keepAliveTimeout: 65_000 },
      },
      () => resolve(server as Server),
    );
    const most = mostConnections();
    if (most !== null) server.maxConnections = most;
    server.on('drop', () =>
      log.warn({ most }, 'a connection was refused: as many are open as there are descriptors for'),
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

const Report = z.object({ userLimits: z.object({ open_files: z.object({ soft: z.number() }) }) });

/** As many as the system lets this process open; null if it sets no bound, or says none. */
function mostConnections(): number | null {
  const report = Report.safeParse(process.report?.getReport());
  return report.success
    ? Math.max(OTHER_DESCRIPTORS, report.data.userLimits.open_files.soft - OTHER_DESCRIPTORS)
    : null;
}

/** A request with two hosts is nobody's (RFC 9112, 3.2): who reads the first and who reads the last would disagree. */
const forOneHost =
  (fetch: Hono['fetch']): Hono['fetch'] =>
  (request, env, context) => {
    const incoming = typeof env === 'object' && env !== null && 'incoming' in env ? env.incoming : undefined;
    const names = incoming instanceof IncomingMessage ? incoming.rawHeaders : [];
    const hosts = names.filter((name, at) => at % 2 === 0 && name.length === 4 && name.toLowerCase() === 'host');
    return hosts.length > 1
      ? new Response('the request has more than one Host', { status: 400 })
      : fetch(request, env, context);
  };
