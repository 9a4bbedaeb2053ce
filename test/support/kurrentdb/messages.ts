import shared from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/shared_pb.js';
import streams from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/streams_pb.js';
import type { AppendRequest } from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v2/streams/streams_pb.js';
import type { LoggedEvent, LogPosition, Proposed, Write } from './log.ts';

const { ReadResp } = streams;
const TICKS_PER_MILLISECOND = 10_000n;

export const bytes = (value: Uint8Array | string): Uint8Array =>
  typeof value === 'string' ? Buffer.from(value, 'base64') : value;

export const textOf = (value: Uint8Array | string): string => Buffer.from(bytes(value)).toString('utf8');

/** A request of the second protocol: properties become the metadata that the first protocol reads. */
export function writeOf(request: AppendRequest): Write {
  const events = request.getRecordsList().map((record): Proposed => {
    const properties: Record<string, unknown> = { '$schema.format': 'Json' };
    record.getPropertiesMap().forEach((value, key) => {
      properties[key] = value.getStringValue();
    });
    return {
      id: record.getRecordId() ?? '',
      type: record.getSchema()?.getName() ?? '',
      data: record.getData_asU8(),
      metadata: Buffer.from(JSON.stringify(properties)),
    };
  });
  return { stream: request.getStream(), expected: Number(request.getExpectedRevision() ?? -2), events };
}

export function readResponse({ id, stream, revision, position, type, data, metadata, createdAt }: LoggedEvent) {
  const identifier = new shared.StreamIdentifier();
  identifier.setStreamName(Buffer.from(stream));
  const uuid = new shared.UUID();
  uuid.setString(id);
  const recorded = new ReadResp.ReadEvent.RecordedEvent();
  recorded.setId(uuid);
  recorded.setStreamIdentifier(identifier);
  recorded.setStreamRevision(String(revision));
  recorded.setCommitPosition(String(position.commit));
  recorded.setPreparePosition(String(position.prepare));
  recorded.getMetadataMap().set('type', type);
  recorded.getMetadataMap().set('content-type', 'application/json');
  recorded.getMetadataMap().set('created', String(BigInt(createdAt) * TICKS_PER_MILLISECOND));
  recorded.setCustomMetadata(metadata);
  recorded.setData(data);
  const event = new ReadResp.ReadEvent();
  event.setEvent(recorded);
  event.setCommitPosition(String(position.commit));
  const response = new ReadResp();
  response.setEvent(event);
  return response;
}

export function streamNotFound(stream: string) {
  const identifier = new shared.StreamIdentifier();
  identifier.setStreamName(Buffer.from(stream));
  const missing = new ReadResp.StreamNotFound();
  missing.setStreamIdentifier(identifier);
  const response = new ReadResp();
  response.setStreamNotFound(missing);
  return response;
}

export function confirmation(id: string) {
  const confirmed = new ReadResp.SubscriptionConfirmation();
  confirmed.setSubscriptionId(id);
  const response = new ReadResp();
  response.setConfirmation(confirmed);
  return response;
}

export function checkpoint({ commit, prepare }: LogPosition) {
  const reached = new ReadResp.Checkpoint();
  reached.setCommitPosition(String(commit));
  reached.setPreparePosition(String(prepare));
  const response = new ReadResp();
  response.setCheckpoint(reached);
  return response;
}

export function caughtUp() {
  const response = new ReadResp();
  response.setCaughtUp(new ReadResp.CaughtUp());
  return response;
}
