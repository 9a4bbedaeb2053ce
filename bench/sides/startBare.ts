import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import pino from 'pino';
import { startEmbeddedPostgres } from '../../src/postgres/embedded.ts';

// The limit of starting: the same PostgreSQL in the folder, then a server that has nothing to do.
const [dataDir = ''] = process.argv.slice(2);
await startEmbeddedPostgres({ dataDir, log: pino({ level: 'silent' }) });
const app = new Hono();
app.get('/readyz', (c) => c.text('OK'));
serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, ({ port }) => {
  process.stdout.write(`http://127.0.0.1:${port}\n`);
});
