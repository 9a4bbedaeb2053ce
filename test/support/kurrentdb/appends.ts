import { randomUUID } from 'node:crypto';
import type * as grpc from '@grpc/grpc-js';
import shared from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/shared_pb.js';
import streams, {
  type AppendReq,
  type BatchAppendReq,
  type DeleteReq,
  type TombstoneReq,
} from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/streams_pb.js';
import session, {
  type AppendRequest,
} from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v2/streams/streams_pb.js';
import type { Committed, Log, Proposed, Write } from './log.ts';
import { bytes, textOf, writeOf } from './messages.ts';
import { refusalInBatch, refusalOfSession } from './refusals.ts';

type Done<Response> = (error: grpc.ServerErrorResponse | null, response?: Response) => void;
type Success = Extract<Committed, { type: 'committed' }>;

/** What happens to the writes of one call: stored and answered, refused, or stored and never answered. */
export type Commit = (
  metadata: grpc.Metadata,
  writes: readonly Write[],
  outcome: { answer: (committed: Committed) => void; refuse: (error: grpc.ServerErrorResponse) => void },
) => void;

/** Several streams as one (25.1). */
export const appendSession =
  (commit: Commit) =>
  (
    call: grpc.ServerReadableStream<AppendRequest, session.AppendSessionResponse>,
    done: Done<session.AppendSessionResponse>,
  ): void => {
    const writes: Write[] = [];
    call.on('data', (request: AppendRequest) => writes.push(writeOf(request)));
    call.on('end', () =>
      commit(call.metadata, writes, {
        answer: (committed) =>
          committed.type === 'committed' ? done(null, sessionResponse(committed)) : done(refusalOfSession(committed)),
        refuse: done,
      }),
    );
  };

/** One stream, one call: what the client uses where there are no batches. */
export const append =
  (commit: Commit) =>
  (call: grpc.ServerReadableStream<AppendReq, streams.AppendResp>, done: Done<streams.AppendResp>): void => {
    let write: Pick<Write, 'stream' | 'expected'> = { stream: '', expected: -2 };
    const events: Proposed[] = [];
    call.on('data', (request: AppendReq) => {
      const options = request.getOptions();
      const message = request.getProposedMessage();
      if (options)
        write = {
          stream: textOf(options.getStreamIdentifier()?.getStreamName() ?? ''),
          expected: expectedOf(options, options.getRevision()),
        };
      else if (message) events.push(proposed(message));
    });
    call.on('end', () =>
      commit(call.metadata, [{ ...write, events }], {
        answer: (committed) =>
          committed.type === 'tombstoned' ? done(refusalOfSession(committed)) : done(null, appendResponse(committed)),
        refuse: done,
      }),
    );
  };

/** One stream a batch, many batches on one call that stays open: what the client uses where it can. */
export const batchAppend =
  (commit: Commit) =>
  (call: grpc.ServerDuplexStream<BatchAppendReq, streams.BatchAppendResp>): void => {
    const open = new Map<string, { write: Pick<Write, 'stream' | 'expected'>; events: Proposed[] }>();
    call.on('data', (request: BatchAppendReq) => {
      const correlation = request.getCorrelationId();
      const id = correlation?.getString() || JSON.stringify(correlation?.toObject());
      const options = request.getOptions();
      const known = open.get(id) ?? { write: { stream: '', expected: -2 }, events: [] };
      open.set(id, known);
      if (options)
        known.write = {
          stream: textOf(options.getStreamIdentifier()?.getStreamName() ?? ''),
          expected: expectedOf(options, options.getStreamPosition()),
        };
      known.events.push(...request.getProposedMessagesList().map(proposed));
      if (!request.getIsFinal()) return;
      open.delete(id);
      commit(call.metadata, [{ ...known.write, events: known.events }], {
        answer: (committed) => {
          const response = new streams.BatchAppendResp();
          response.setCorrelationId(correlation);
          response.setStreamIdentifier(options?.getStreamIdentifier());
          if (committed.type === 'committed') response.setSuccess(batchSuccess(committed));
          else response.setError(refusalInBatch(committed));
          call.write(response);
        },
        refuse: (error) => call.emit('error', error),
      });
    });
    call.on('end', () => call.end());
  };

/** Until somebody appends again, and for ever. */
export const deletions = (log: Log) => ({
  delete: (call: grpc.ServerUnaryCall<DeleteReq, streams.DeleteResp>, done: Done<streams.DeleteResp>): void => {
    log.softDelete(textOf(call.request.getOptions()?.getStreamIdentifier()?.getStreamName() ?? ''));
    const response = new streams.DeleteResp();
    response.setNoPosition(new shared.Empty());
    done(null, response);
  },
  tombstone: (
    call: grpc.ServerUnaryCall<TombstoneReq, streams.TombstoneResp>,
    done: Done<streams.TombstoneResp>,
  ): void => {
    log.tombstone(textOf(call.request.getOptions()?.getStreamIdentifier()?.getStreamName() ?? ''));
    const response = new streams.TombstoneResp();
    response.setNoPosition(new shared.Empty());
    done(null, response);
  },
});

const expectedOf = (
  options: { hasNoStream: () => boolean; hasStreamExists: () => boolean; hasAny: () => boolean },
  revision: string,
): number => (options.hasNoStream() ? -1 : options.hasStreamExists() ? -4 : options.hasAny() ? -2 : Number(revision));

const proposed = (message: AppendReq.ProposedMessage | BatchAppendReq.ProposedMessage): Proposed => ({
  id: message.getId()?.getString() || randomUUID(),
  type: message.getMetadataMap().get('type') ?? '',
  data: bytes(message.getData()),
  metadata: bytes(message.getCustomMetadata()),
});

function sessionResponse({ position, revisions }: Success): session.AppendSessionResponse {
  const response = new session.AppendSessionResponse();
  response.setPosition(String(position.commit));
  for (const [stream, revision] of revisions) {
    const output = new session.AppendResponse();
    output.setStream(stream);
    output.setStreamRevision(String(revision));
    response.addOutput(output);
  }
  return response;
}

function appendResponse(committed: Exclude<Committed, { type: 'tombstoned' }>): streams.AppendResp {
  const response = new streams.AppendResp();
  if (committed.type === 'conflict') {
    const wrong = new streams.AppendResp.WrongExpectedVersion();
    wrong.setCurrentRevision(String(committed.actual));
    wrong.setExpectedRevision(String(committed.expected));
    response.setWrongExpectedVersion(wrong);
    return response;
  }
  const success = new streams.AppendResp.Success();
  success.setCurrentRevision(String([...committed.revisions.values()][0] ?? 0));
  const position = new streams.AppendResp.Position();
  position.setCommitPosition(String(committed.position.commit));
  position.setPreparePosition(String(committed.position.prepare));
  success.setPosition(position);
  response.setSuccess(success);
  return response;
}

function batchSuccess({ position, revisions }: Success): streams.BatchAppendResp.Success {
  const success = new streams.BatchAppendResp.Success();
  success.setCurrentRevision(String([...revisions.values()][0] ?? 0));
  const place = new shared.AllStreamPosition();
  place.setCommitPosition(String(position.commit));
  place.setPreparePosition(String(position.prepare));
  success.setPosition(place);
  return success;
}
