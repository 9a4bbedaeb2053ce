import type pg from 'pg';
import { encode } from '../codec.ts';
import type { AppendResult, ExpectedRevision, StreamWrite } from '../port.ts';
import { toPosition } from './position.ts';
import { PATIENCE } from './rows.ts';

const EXPECTED = { noStream: -1, any: -2, streamExists: -3 } as const;

const expectedCode = (expected: ExpectedRevision): number =>
  typeof expected === 'number' ? expected : EXPECTED[expected];

/** One caller's append: atomic over all its writes. */
export type AppendRequest = readonly StreamWrite[];

type Row = {
  head: string;
  refused_request: number[] | null;
  refused_write: number[] | null;
  refused_actual: number[] | null;
};

/**
 * Stores many requests with one statement and one commit; each gets its own outcome. No stream may occur twice.
 * Throws what Postgres throws: then nothing of the whole batch is stored, or (connection lost) nobody knows.
 */
export async function appendBatch(
  pool: Pick<pg.Pool, 'query'>,
  requests: readonly AppendRequest[],
): Promise<readonly AppendResult[]> {
  const { rows } = await pool.query<Row>({
    name: 'event_store.append',
    text: `select head, refused_request, refused_write, refused_actual
           from event_store.append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
    values: columns(requests),
    ...PATIENCE,
  });
  const row = rows[0];
  if (row === undefined) throw new Error('event_store.append answered no row');
  return outcomes(requests, row);
}

/** The arguments of event_store.append: an array a column. The JSON needs no escaping when it travels as JSON. */
function columns(requests: readonly AppendRequest[]): unknown[] {
  const request: number[] = [];
  const stream: string[] = [];
  const expected: number[] = [];
  const write: number[] = [];
  const streamOfEvent: string[] = [];
  const placeInWrite: number[] = [];
  const id: string[] = [];
  const type: string[] = [];
  const version: number[] = [];
  const data: string[] = [];
  const metadata: string[] = [];
  const recordedAt: number[] = [];
  requests.forEach((writes, index) => {
    for (const one of writes) {
      request.push(index);
      stream.push(one.stream);
      expected.push(expectedCode(one.expectedRevision));
      let place = 0;
      for (const event of one.events) {
        const encoded = encode(event);
        write.push(stream.length);
        streamOfEvent.push(one.stream);
        placeInWrite.push(++place);
        id.push(event.id);
        type.push(event.type);
        version.push(encoded.version);
        data.push(encoded.data);
        metadata.push(encoded.metadata);
        recordedAt.push(event.recordedAt);
      }
    }
  });
  const json = (texts: readonly string[]): string => `[${texts.join(',')}]`;
  return [
    ...[request, stream, expected],
    ...[write, streamOfEvent, placeInWrite, id, type, version, json(data), json(metadata), recordedAt],
  ];
}

/** Positions follow from the head and the order of what was not refused: they need not travel. */
function outcomes(requests: readonly AppendRequest[], row: Row): readonly AppendResult[] {
  const refused = new Map<number, { write: number; actual: number }>();
  row.refused_request?.forEach((index, n) => {
    refused.set(index, { write: row.refused_write?.[n] ?? 0, actual: row.refused_actual?.[n] ?? -1 });
  });
  let position = Number(row.head);
  let writesBefore = 0;
  return requests.map((writes, index): AppendResult => {
    const first = writesBefore;
    writesBefore += writes.length;
    const conflict = refused.get(index);
    if (conflict === undefined) {
      for (const { events } of writes) position += events.length;
      return { type: 'appended', position: toPosition(position) };
    }
    const at = writes[conflict.write - 1 - first];
    if (at === undefined) throw new Error('event_store.append refused a write that was not in the request');
    const actual = conflict.actual < 0 ? null : conflict.actual;
    return { type: 'conflict', stream: at.stream, expected: at.expectedRevision, actual };
  });
}
