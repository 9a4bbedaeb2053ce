import pg from 'pg';

// The same events with a cursor, their JSON parsed by the driver; prints seconds.
const [url = ''] = process.argv.slice(2);
const client = new pg.Client(url);
await client.connect();
const began = performance.now();
await client.query('begin');
await client.query('declare log cursor for select * from event_store.events order by position');
let read = 0;
for (;;) {
  const { rows } = await client.query('fetch 10000 from log');
  read += rows.length;
  if (rows.length === 0) break;
}
await client.query('commit');
const seconds = (performance.now() - began) / 1_000;
await client.end();
process.stdout.write(`${JSON.stringify({ seconds, read })}\n`);
