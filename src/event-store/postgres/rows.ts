import type { StoredEvent } from '../codec.ts';
import { toPosition } from './position.ts';

/** An event's row, as `pg` answers it. */
export type EventRow = {
  position: string;
  stream: string;
  revision: number;
  event_id: string;
  type: string;
  version: number;
  data: unknown;
  metadata: unknown;
  recorded_at: string;
};

export const COLUMNS =
  'e.position, e.stream, e.revision, e.event_id, e.type, e.version, e.data, e.metadata, e.recorded_at';

/** A server that accepts a query and never answers is as good as away. `pg` then drops the connection. */
export const PATIENCE = { query_timeout: 10_000 } as const;

export const toStored = (row: EventRow): StoredEvent => ({
  position: toPosition(row.position),
  stream: row.stream,
  revision: row.revision,
  id: row.event_id,
  type: row.type,
  version: row.version,
  data: row.data,
  metadata: row.metadata,
  recordedAt: Number(row.recorded_at),
});
