// The peer's store as its documentation uses it: one appendToStream a call, expecting the stream's version.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { measureAppends } from './appendLoad.ts';

const require = createRequire(new URL('../peers/package.json', import.meta.url));
const { getPostgreSQLEventStore } = await import(
  pathToFileURL(require.resolve('@event-driven-io/emmett-postgresql')).href
);
const [url, writers, seconds] = process.argv.slice(2);
const store = getPostgreSQLEventStore(url);
await store.schema.migrate();
const measured = await measureAppends(Number(writers), Number(seconds), async (stream, revision) => {
  await store.appendToStream(
    `assignment:${stream}`,
    [{ type: 'WorkerPinged', data: { assignmentId: 'A1', workerId: 'W1', pingType: 'waiting', at: 1 } }],
    { expectedStreamVersion: revision < 0 ? 'STREAM_DOES_NOT_EXIST' : BigInt(revision + 1) },
  );
});
await store.close();
process.stdout.write(`${JSON.stringify(measured)}\n`);
