import { createHash, type Hash } from 'node:crypto';
import type { Instant } from '../../domain/ids.ts';
import type { Misfit, Pruned } from '../audit.ts';
import { toPosition } from './position.ts';

/** What stands at a position: an event with the hash that was written, or what retention left of one, or nothing. */
export type Link = {
  readonly position: string;
  /** Null where there is no event, and `hash` to `previous` with it. */
  readonly stream: string | null;
  readonly hash: Buffer;
  readonly revision: number;
  readonly event_id: string;
  readonly type: string;
  readonly version: number;
  readonly data: string;
  readonly metadata: string;
  readonly recorded_at: string;
  /** Position of the event before it in its stream. */
  readonly previous: string | null;
  /** What retention left, empty for what it took away before it left digests; null where it took nothing. */
  readonly digest: Buffer | null;
  readonly pruned_recorded_at: string | null;
  /** Of the batch that ends here. */
  readonly batch: Buffer | null;
};

/** What all links add up to. */
export type Sum = {
  readonly hash: Buffer;
  readonly events: number;
  readonly prunedEvents: number;
  readonly pruned: Pruned | null;
};

const PRUNABLE = 'presence';
const DIGEST_BYTES = 32;

/** Goes along the log, one position after the other, and remembers what the next batch has to add up to. */
export function beginChain() {
  let last: Buffer = Buffer.alloc(0);
  let batch: Hash = createHash('sha256');
  let batchBegan = 1;
  let isOpen = false;
  let events = 0;
  let prunedEvents = 0;
  let pruned: Pruned | null = null;

  const add = (link: Link): Misfit | null => {
    const found = linkHash(link);
    if (!Buffer.isBuffer(found)) return found;
    if (link.stream !== null) events++;
    else {
      prunedEvents++;
      pruned = alsoPruned(pruned, link);
    }
    if (!isOpen) {
      batch.update(last);
      batchBegan = Number(link.position);
      isOpen = true;
    }
    batch.update(found);
    if (link.batch === null) return null;
    last = batch.digest();
    batch = createHash('sha256');
    isOpen = false;
    if (last.equals(link.batch)) return null;
    const range = `the batch from ${batchBegan} to ${link.position} is not what was written`;
    const what = `${range}: its seal, an event with its hash, or what is said to be left of a pruned one`;
    return { position: toPosition(batchBegan), event: null, what };
  };

  /** After the last position. */
  const end = (head: number): Sum | Misfit =>
    isOpen
      ? {
          position: toPosition(batchBegan),
          event: null,
          what: `the events from ${batchBegan} to ${head} have no seal: it was removed, or they came in another way`,
        }
      : { hash: last, events, prunedEvents, pruned };

  return { add, end };
}

/** The hash that a batch is made of, if the link fits in itself and in its stream. */
function linkHash(link: Link): Buffer | Misfit {
  const { stream, revision, type, digest, previous } = link;
  const position = toPosition(link.position);
  if (stream === null) {
    if (digest === null) return { position, event: null, what: 'there is no event here: it was removed' };
    if (digest.length === 0) return digest;
    if (digest.length === DIGEST_BYTES && link.pruned_recorded_at !== null)
      return prunableHash(link.pruned_recorded_at, digest);
    return { position, event: null, what: 'what is left of the event here is not what retention leaves' };
  }
  const misfit = (what: string): Misfit => ({ position, event: { stream, revision, type }, what });
  if (digest !== null) return misfit('this event is there, and is said to be pruned too');
  if (!hashOf(link, stream).equals(link.hash)) return misfit('what this event says is not what was written');
  if (revision < 0) return misfit(`there is no revision ${revision}`);
  if (revision > 0 && previous === null && !isPrunable(stream))
    return misfit(`revision ${revision - 1} of its stream, the one before, is missing`);
  if (previous !== null && Number(previous) > Number(link.position))
    return misfit(`revision ${revision - 1} of its stream, the one before, comes later in the log`);
  return link.hash;
}

const isPrunable = (stream: string): boolean => stream.startsWith(`${PRUNABLE}-`);

/** As event_store.hash_of. */
function hashOf(link: Link, stream: string): Buffer {
  const digest = digestOf(link, stream);
  return isPrunable(stream) ? prunableHash(link.recorded_at, digest) : digest;
}

/** In two steps, so that what retention leaves proves that the event was one it may take, and when it was recorded. */
const prunableHash = (recordedAt: string, digest: Buffer): Buffer =>
  createHash('sha256').update(`${PRUNABLE}\n${recordedAt}\n`).update(digest).digest();

/** As event_store.digest_of. */
function digestOf(link: Link, stream: string): Buffer {
  const { position, revision, event_id, version, recorded_at, type, data, metadata } = link;
  const parts = [position, revision, event_id, version, recorded_at];
  // Postgres counts characters, not UTF-16 units.
  const texts = [stream, type].flatMap((text) => [[...text].length, text]);
  return createHash('sha256')
    .update([...parts, ...texts, data, metadata].join('\n'), 'utf8')
    .digest();
}

function alsoPruned(before: Pruned | null, { position, digest, pruned_recorded_at }: Link): Pruned {
  const isProven = digest !== null && digest.length > 0;
  const recordedAt: Instant | null = isProven && pruned_recorded_at !== null ? Number(pruned_recorded_at) : null;
  const until = before?.until ?? null;
  return {
    first: before?.first ?? toPosition(position),
    last: toPosition(position),
    until: recordedAt === null || until === null ? (recordedAt ?? until) : Math.max(until, recordedAt),
    unproven: (before?.unproven ?? 0) + (isProven ? 0 : 1),
  };
}
