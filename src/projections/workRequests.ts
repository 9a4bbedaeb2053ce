import { streamId } from '../domain/event.ts';
import type { Instant, ProtoHitId, WorkRequestId } from '../domain/ids.ts';
import { columnsOf, foldInto, type Table } from './fold.ts';
import type { Queryable, Recorded } from './projection.ts';

export type WorkRequestRow = {
  readonly workRequestId: WorkRequestId;
  readonly protoHitId: ProtoHitId;
  readonly foreignId: string;
  readonly payload: Recorded<'WorkRequestMade'>['data']['payload'];
  readonly madeAt: Instant;
  /** Null while it is open. */
  readonly doneAt: Instant | null;
};

const table: Table<WorkRequestRow> = {
  name: 'work_requests',
  ddl: `
    create table work_requests (
      work_request_id uuid primary key,
      proto_hit_id uuid not null,
      foreign_id text not null,
      payload jsonb,
      made_at double precision not null,
      done_at double precision
    );`,
  key: 'workRequestId',
  columns: ['workRequestId', 'protoHitId', 'foreignId', 'payload', 'madeAt', 'doneAt'],
};

export const workRequests = foldInto({
  table,
  version: 1,
  events: ['WorkRequestMade', 'WorkRequestDone', 'WorkRequestReopened'],
  keyOf: (event) => streamId(event.stream),
  evolve: (row, event): WorkRequestRow | null => {
    switch (event.type) {
      case 'WorkRequestMade': {
        const { at, ...request } = event.data;
        return { ...request, madeAt: at, doneAt: null };
      }
      case 'WorkRequestDone':
        return row && { ...row, doneAt: event.data.at };
      case 'WorkRequestReopened':
        return row && { ...row, doneAt: null };
    }
  },
});

export async function findWorkRequest(db: Queryable, id: WorkRequestId): Promise<WorkRequestRow | undefined> {
  const { rows } = await db.query<WorkRequestRow>(
    `select ${columnsOf(table, 'w')} from work_requests w where w.work_request_id = $1`,
    [id],
  );
  return rows[0];
}
