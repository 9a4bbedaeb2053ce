import { v7 as uuidv7 } from 'uuid';
import { type NewEvent, streamOf } from '../../domain/event.ts';
import { AssignmentId, EventId, WorkerId } from '../../domain/ids.ts';
import type { Database } from '../../postgres/pool.ts';
import { examined, type Finding, failed, ok, type Said } from '../finding.ts';
import { appendBatch } from './append.ts';
import { createReads } from './reads.ts';

/** May we write and read, and is what conflicts refused? */
export const examine = async (pool: Database): Promise<readonly Finding[]> => [
  await examined('log: a write and a read', () => writeAndRead(pool)),
];

/** In a transaction that is rolled back: nothing of it stays in the log, and nobody is told of it. */
async function writeAndRead(pool: Database): Promise<Said> {
  const startedAt = performance.now();
  const tx = await pool.connect();
  try {
    await tx.query('begin');
    const event = examination();
    const stream = streamOf.presence(event.data.assignmentId);
    await appendBatch(tx, [[{ stream, expectedRevision: 'noStream', events: [event] }]]);
    const { events } = await createReads(tx).read(stream);
    if (events[0]?.id !== event.id) return failed('another event was read than had been stored');
    const [refused] = await appendBatch(tx, [[{ stream, expectedRevision: 'noStream', events: [examination()] }]]);
    if (refused?.type !== 'conflict') return failed('the log does not refuse an append that conflicts');
    const ms = Math.round(performance.now() - startedAt);
    return ok(`an event was stored, read back and taken back in ${ms} ms; a conflict was refused`);
  } finally {
    // The connection may be the very thing that is wrong: it is not used again.
    tx.release(true);
  }
}

const examination = (): Extract<NewEvent, { type: 'WorkerPinged' }> => {
  const [id, at] = [EventId.parse(uuidv7()), Date.now()];
  return {
    type: 'WorkerPinged',
    data: {
      assignmentId: AssignmentId.parse(`DOCTOR${id}`),
      workerId: WorkerId.parse('DOCTOR'),
      pingType: 'waiting',
      at,
    },
    id,
    recordedAt: at,
    metadata: { actor: 'operator:doctor', correlationId: id, causationId: id },
  };
};
