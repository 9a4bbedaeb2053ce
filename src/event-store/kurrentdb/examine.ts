import { randomUUID } from 'node:crypto';
import { clocks, examined, type Finding, failed, ok, type Said, warning } from '../finding.ts';
import { isOfType, within } from './client.ts';
import type { Connection } from './connection.ts';
import { mayReadAll, NOT_ALL } from './probe.ts';
import { serverVersion } from './serverVersion.ts';

/** Written to by examinations alone: no stream of the log. */
export const EXAMINED = 'retainer-doctor';

/** The client (1.3.1) cuts the time at which an event was stored to the whole second. */
const CUT_MS = 1_000;

/** Is the server new enough, may we read and write, does what we write arrive, is its clock right? */
export async function examine(connection: Connection): Promise<readonly Finding[]> {
  const written = await writeAndRead(connection).catch((error: unknown) =>
    error instanceof Error ? error : new Error(String(error)),
  );
  return Promise.all([
    examined('log: version', () => version(connection)),
    examined('log: permissions', async () =>
      (await mayReadAll(connection)) ? ok('may read $all, and write') : failed(NOT_ALL),
    ),
    examined('log: a write and a read', async () => {
      if (!(written instanceof Error)) return ok(`an event was stored and read back in ${written.ms} ms`);
      return failed(
        isOfType(written, 'access-denied')
          ? 'this user may not write, or not set the metadata of streams: put it into the group $admins'
          : `an event could not be stored and read back: ${written.message}`,
      );
    }),
    ...(written instanceof Error
      ? []
      : [examined('log: clock', async () => clocks("KurrentDB's", written.skewMs, { withinMs: CUT_MS + written.ms }))]),
  ]);
}

async function version(connection: Connection): Promise<Said> {
  const version = await within(serverVersion(connection));
  const appends = 'appends to several streams as one';
  return version === null
    ? warning(`KurrentDB at ${connection.address} ${appends}, but does not say its version`)
    : ok(`KurrentDB ${version} at ${connection.address}, ${appends}`);
}

/** One event, of which the server keeps the last. Its time is when the server says that it was stored. */
async function writeAndRead(connection: Connection): Promise<{ ms: number; skewMs: number }> {
  const { library } = connection;
  const client = connection.client();
  const id = randomUUID();
  const before = Date.now();
  await within(
    client.multiStreamAppend([
      {
        streamName: EXAMINED,
        expectedState: library.ANY,
        events: [library.jsonEvent({ id, type: 'Examined', data: {}, metadata: {} })],
      },
    ]),
  );
  const after = Date.now();
  const found = await within(
    (async () => {
      const last = { direction: library.BACKWARDS, fromRevision: library.END, maxCount: 1 } as const;
      for await (const { event } of client.readStream(EXAMINED, last)) return event;
      return undefined;
    })(),
  );
  if (found?.id !== id) throw new Error('another event was read than had been stored');
  const ms = Date.now() - before;
  await within(client.setStreamMetadata(EXAMINED, { maxCount: 1 }));
  // Stored at some moment between the two, and in the second that follows what the client says.
  return { ms, skewMs: found.created.getTime() - after };
}
