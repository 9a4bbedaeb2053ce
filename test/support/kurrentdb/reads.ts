import { randomUUID } from 'node:crypto';
import type { ServerWritableStream } from '@grpc/grpc-js';
import streams, {
  type ReadReq,
  type ReadResp,
} from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/streams_pb.js';
import { isAfter, type Log, type LoggedEvent, type LogPosition } from './log.ts';
import { caughtUp, checkpoint, confirmation, readResponse, streamNotFound, textOf } from './messages.ts';
import { streamDeleted } from './refusals.ts';

type Call = ServerWritableStream<ReadReq, ReadResp>;
type Options = ReadReq.Options;

/** Events that a filter lets pass between two checkpoints; the server counts in units of 32. */
const CHECKPOINT_EVERY = 32;

const BACKWARDS = streams.ReadReq.Options.ReadDirection.BACKWARDS;

/** A stream, the whole log, or the whole log from a position on and for ever. */
export function answerRead(log: Log, call: Call): void {
  const options = call.request.getOptions();
  if (options?.hasSubscription()) {
    subscribe(log, call, options);
    return;
  }
  const found = options === undefined ? [] : options.hasStream() ? ofStream(log, options) : ofAll(log, options);
  if (found === 'tombstoned') {
    call.emit('error', streamDeleted(options === undefined ? '' : nameOf(options)));
    return;
  }
  if (found === 'not found') call.write(streamNotFound(options === undefined ? '' : nameOf(options)));
  else for (const event of found.slice(0, Number(options?.getCount()))) call.write(readResponse(event));
  call.end();
}

/** Of the whole log, once or for ever: what takes an administrator. */
export const isOfAll = (call: Call): boolean => call.request.getOptions()?.hasAll() ?? false;

const nameOf = (options: Options): string => textOf(options.getStream()?.getStreamIdentifier()?.getStreamName() ?? '');

function ofStream(log: Log, options: Options): ReturnType<Log['stream']> {
  const events = log.stream(nameOf(options));
  const from = options.getStream();
  if (from === undefined) return 'not found';
  if (typeof events === 'string') return events;
  const revision = from.hasRevision() ? Number(from.getRevision()) : null;
  return options.getReadDirection() === BACKWARDS
    ? events.filter((event) => revision === null || event.revision <= revision).toReversed()
    : events.filter((event) => (from.hasEnd() ? false : event.revision >= (revision ?? 0)));
}

function ofAll(log: Log, options: Options): readonly LoggedEvent[] {
  const passes = filterOf(options);
  const from = options.getAll();
  const start = from?.hasPosition() ? positionOf(from.getPosition()) : null;
  const events = log.all().filter(passes);
  return options.getReadDirection() === BACKWARDS
    ? events.filter(({ position }) => start === null || isAfter(start, position)).toReversed()
    : events.filter(({ position }) => (from?.hasEnd() ? false : start === null || !isAfter(start, position)));
}

type GivenPosition = { getCommitPosition: () => string; getPreparePosition: () => string };

const positionOf = (given: GivenPosition | undefined): LogPosition => ({
  commit: BigInt(given?.getCommitPosition() ?? 0),
  prepare: BigInt(given?.getPreparePosition() ?? 0),
});

/** Exclusive of its position; confirmed, caught up, then live. */
function subscribe(log: Log, call: Call, options: Options): void {
  const passes = filterOf(options);
  const from = options.getAll();
  const end = log.all().at(-1)?.position;
  let place = from?.hasEnd() && end !== undefined ? end : positionOf(from?.getPosition());
  let passed = 0;
  const send = (): void => {
    for (const event of log.all()) {
      if (!isAfter(event.position, place)) continue;
      place = event.position;
      if (passes(event)) call.write(readResponse(event));
      else if (++passed % CHECKPOINT_EVERY === 0) call.write(checkpoint(event.position));
    }
  };
  call.write(confirmation(randomUUID()));
  send();
  call.write(caughtUp());
  const stop = log.onCommit(send);
  for (const end of ['cancelled', 'close', 'error', 'finish']) call.on(end, stop);
}

function filterOf(options: Options): (event: LoggedEvent) => boolean {
  const filter = options.getFilter();
  if (filter === undefined) return () => true;
  const expression = filter.getStreamIdentifier() ?? filter.getEventType();
  const prefixes = expression?.getPrefixList() ?? [];
  const regex = new RegExp(expression?.getRegex() ?? '');
  return ({ stream, type }) => {
    const text = filter.hasStreamIdentifier() ? stream : type;
    return prefixes.length > 0 ? prefixes.some((prefix) => text.startsWith(prefix)) : regex.test(text);
  };
}
