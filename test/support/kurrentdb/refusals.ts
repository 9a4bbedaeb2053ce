import * as grpc from '@grpc/grpc-js';
import shared from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/shared_pb.js';
import status from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/status_pb.js';
import errors from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v2/streams/errors_pb.js';
import any from 'google-protobuf/google/protobuf/any_pb.js';
import empty from 'google-protobuf/google/protobuf/empty_pb.js';
import type { Committed } from './log.ts';

type Refused = Exclude<Committed, { type: 'committed' }>;

function withTrailers(
  code: grpc.status,
  details: string,
  trailers: Readonly<Record<string, string>>,
): grpc.ServerErrorResponse {
  const metadata = new grpc.Metadata();
  for (const [name, value] of Object.entries(trailers)) metadata.set(name, value);
  return Object.assign(new Error(details), { code, details, metadata });
}

/** Nobody is known by this name and password. */
export const unauthenticated = () =>
  withTrailers(grpc.status.UNAUTHENTICATED, 'Unauthenticated', { exception: 'access-denied' });

/** Known, but not allowed to do this. */
export const denied = () =>
  withTrailers(grpc.status.PERMISSION_DENIED, 'Access Denied', { exception: 'access-denied' });

export const notLeader = (port: number) =>
  withTrailers(grpc.status.NOT_FOUND, 'Leader info available', {
    exception: 'not-leader',
    'leader-endpoint-host': '127.0.0.1',
    'leader-endpoint-port': String(port),
  });

/** To readers of a stream that was deleted for ever. */
export const streamDeleted = (stream: string) =>
  withTrailers(grpc.status.FAILED_PRECONDITION, `Event stream '${stream}' is deleted.`, {
    exception: 'stream-deleted',
    'stream-name': stream,
  });

/** As the second protocol says it: a status with details. */
export function refusalOfSession(refused: Refused): grpc.ServerErrorResponse {
  const details = new any.Any();
  if (refused.type === 'tombstoned') {
    const gone = new errors.StreamTombstonedErrorDetails();
    gone.setStream(refused.stream);
    details.pack(gone.serializeBinary(), 'kurrent.rpc.streams.errors.StreamTombstonedErrorDetails');
  } else {
    const conflict = new errors.StreamRevisionConflictErrorDetails();
    conflict.setStream(refused.stream);
    conflict.setExpectedRevision(String(refused.expected));
    conflict.setActualRevision(String(refused.actual));
    details.pack(conflict.serializeBinary(), 'kurrent.rpc.streams.errors.StreamRevisionConflictErrorDetails');
  }
  const answer = new status.Status();
  answer.setMessage(refused.type);
  answer.setDetails(details);
  const error = withTrailers(grpc.status.FAILED_PRECONDITION, refused.type, {});
  error.metadata?.set('grpc-status-details-bin', Buffer.from(answer.serializeBinary()));
  return error;
}

/** As the stream of batches says it: an answer like others, with a status in it. */
export function refusalInBatch(refused: Refused): InstanceType<typeof status.Status> {
  const details = new any.Any();
  if (refused.type === 'tombstoned')
    details.pack(new shared.StreamDeleted().serializeBinary(), 'event_store.client.StreamDeleted');
  else {
    const conflict = new shared.WrongExpectedVersion();
    if (refused.actual < 0) conflict.setCurrentNoStream(new empty.Empty());
    else conflict.setCurrentStreamRevision(String(refused.actual));
    if (refused.expected >= 0) conflict.setExpectedStreamPosition(String(refused.expected));
    details.pack(conflict.serializeBinary(), 'event_store.client.WrongExpectedVersion');
  }
  const answer = new status.Status();
  answer.setMessage(refused.type);
  answer.setDetails(details);
  return answer;
}
