import pino from 'pino';
import { v7 as uuidv7 } from 'uuid';
import type { NewEvent, StreamName } from '../../src/domain/event.ts';
import { AssignmentId, EventId, WorkerId } from '../../src/domain/ids.ts';
import { createPostgresStore } from '../../src/event-store/postgres/store.ts';
import { createPool } from '../../src/postgres/pool.ts';
import { measureAppends } from './appendLoad.ts';

// Our store: single-event appends, each expecting its stream's revision.
const [url = '', writers = '1', seconds = '3'] = process.argv.slice(2);
const pool = createPool(url, { max: 16, applicationName: 'bench', onError: () => {} });
const store = createPostgresStore({ url, pool, log: pino({ level: 'silent' }) });
const event = (): NewEvent => ({
  type: 'WorkerPinged',
  data: { assignmentId: AssignmentId.parse('A1'), workerId: WorkerId.parse('W1'), pingType: 'waiting', at: 1 },
  id: EventId.parse(uuidv7()),
  recordedAt: Date.now(),
  metadata: { actor: 'anyone', correlationId: 'bench', causationId: 'bench' },
});
const measured = await measureAppends(Number(writers), Number(seconds), async (stream, revision) => {
  const result = await store.append([
    {
      stream: `assignment-${stream}` as StreamName,
      expectedRevision: revision < 0 ? 'noStream' : revision,
      events: [event()],
    },
  ]);
  if (result.type === 'conflict') throw new Error('nobody else writes to this stream');
});
await store.close();
await pool.end();
process.stdout.write(`${JSON.stringify(measured)}\n`);
