import type { AllStreamRecordedEvent, EventData, RecordedEvent as KurrentEvent } from '@kurrent/kurrentdb-client';
import { z } from 'zod';
import type { NewEvent, StreamCategory } from '../../domain/event.ts';
import { currentVersion, type StoredEvent } from '../codec.ts';
import type { Library } from './client.ts';
import { toPosition } from './position.ts';

/** Every stream of ours begins with one of these and a dash; the rest of the server's log is not ours to read. */
const CATEGORIES: Readonly<Record<StreamCategory, true>> = {
  protoHit: true,
  reservation: true,
  assignment: true,
  presence: true,
  hit: true,
  worker: true,
  workRequest: true,
  apiKey: true,
  operator: true,
  log: true,
  scheduler: true,
  readModels: true,
};
export const PREFIXES: string[] = Object.keys(CATEGORIES).map((category) => `${category}-`);

/** An append to several streams takes metadata of texts alone. */
export const toEventData = ({ jsonEvent }: Library, event: NewEvent): EventData =>
  jsonEvent({
    id: event.id,
    type: event.type,
    data: event.data,
    metadata: {
      ...event.metadata,
      version: String(currentVersion(event.type)),
      recordedAt: String(event.recordedAt),
    },
  });

const Metadata = z.looseObject({
  actor: z.string(),
  correlationId: z.string(),
  causationId: z.string(),
  traceparent: z.string().optional(),
  version: z.coerce.number().int().positive().catch(1),
  recordedAt: z.coerce.number().int().nonnegative().optional(),
});

/** Of the server's own additions to metadata nothing is taken over. */
export function toStored(event: KurrentEvent | AllStreamRecordedEvent): StoredEvent {
  const { position, streamId, revision, id, type, data, created } = event;
  const parsed = Metadata.safeParse(event.metadata);
  const known = parsed.success ? parsed.data : undefined;
  const { actor, correlationId, causationId, traceparent } = known ?? {};
  return {
    position: toPosition(position ?? { commit: 0n, prepare: 0n }),
    stream: streamId,
    revision: Number(revision),
    id,
    type,
    version: known?.version ?? 1,
    data,
    metadata: { actor, correlationId, causationId, ...(traceparent === undefined ? {} : { traceparent }) },
    recordedAt: known?.recordedAt ?? created.getTime(),
  };
}
