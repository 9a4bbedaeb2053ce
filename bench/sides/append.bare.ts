import { randomUUID } from 'node:crypto';
import pg from 'pg';

// The bare limit: rows inserted by the statement, with nothing checked. `lone`: one row a statement, its p50.
const [url = '', rowsAStatement = '500', seconds = '3'] = process.argv.slice(2);
const client = new pg.Client({ connectionString: url });
await client.connect();
await client.query(
  'create table if not exists bare (position bigserial primary key, id uuid unique, type text, data jsonb)',
);
const rows = Number(rowsAStatement);
const data = JSON.stringify({ assignmentId: 'A1', workerId: 'W1', pingType: 'waiting', at: 1 });
const statement =
  rows === 1
    ? { name: 'bare', text: 'insert into bare (id, type, data) values ($1, $2, $3)' }
    : {
        name: 'bare',
        text: 'insert into bare (id, type, data) select * from unnest($1::uuid[], $2::text[], $3::jsonb[])',
      };
const counting = performance.now() + 1_000;
const ending = counting + Number(seconds) * 1_000;
const times: number[] = [];
while (performance.now() < ending) {
  const many = Array.from({ length: rows });
  const values =
    rows === 1
      ? [randomUUID(), 'WorkerPinged', data]
      : [many.map(() => randomUUID()), many.map(() => 'WorkerPinged'), many.map(() => data)];
  const before = performance.now();
  await client.query({ ...statement, values });
  const after = performance.now();
  if (before >= counting && after <= ending) times.push(after - before);
}
await client.end();
times.sort((a, b) => a - b);
process.stdout.write(
  `${JSON.stringify({ perSecond: (times.length * rows) / Number(seconds), p50Ms: times[Math.floor(times.length / 2)] })}\n`,
);
