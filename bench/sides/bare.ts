import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { streamSSE } from 'hono/streaming';

// The bare limit: the same framework answering the same paths with constants, and telling streams without a database.
const app = new Hono();
const streams = new Map<string, (data: string) => Promise<void>>();

app.get('/gettask/assignment/:id', (c) => c.json({ start: false }));
app.post('/ping/worker/:worker/assignment/:assignment/hit/:hit/event/:type', (c) => c.text('OK'));
app.get('/wait/assignment/:id', (c) =>
  streamSSE(c, async (stream) => {
    const id = c.req.param('id');
    await new Promise<void>((resolve) => {
      stream.onAbort(resolve);
      streams.set(id, async (data) => {
        await stream.writeSSE({ event: 'task', data });
        resolve();
      });
    });
    streams.delete(id);
  }),
);
app.post('/invoke', async (c) => {
  const { ids } = await c.req.json<{ ids: string[] }>();
  for (const id of ids) await streams.get(id)?.('{"start":true,"taskID":1}');
  return c.text('OK');
});
app.get('/readyz', (c) => c.text('OK'));

const server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, ({ port }) => {
  process.stdout.write(`http://127.0.0.1:${port}\n`);
});
process.once('SIGTERM', () => {
  server.close();
  process.exit(0);
});
