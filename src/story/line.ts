import { z } from 'zod';
import type { Position, RecordedEvent } from '../event-store/port.ts';
import { type Entry, placeOf } from './entry.ts';
import { inWords } from './inWords.ts';
import { momentInWords } from './moment.ts';

/** One event of a story, said so that a person understands it. */
export type StoryLine = {
  /** From 1. */
  readonly line: number;
  /** When it was recorded, ISO 8601 in UTC. */
  readonly time: string;
  readonly who: string;
  readonly what: string;
  readonly why: string;
  /** The line of the event that caused it; null if a request did, or an event outside the story. */
  readonly becauseOfLine: number | null;
  readonly stream: string;
  readonly revision: number;
  readonly position: Position;
  readonly type: string;
  readonly id: string;
  /** True of an event that this version cannot understand; `what` says why. */
  readonly unreadable: boolean;
  /** The event as the log holds it. */
  readonly raw: unknown;
};

/** What keys are called: label by id of the key. */
export type KeyLabels = ReadonlyMap<string, string>;

/** Says every entry in order, and links each to the line that caused it. */
export function tell(entries: readonly Entry[], labels: KeyLabels = new Map()): readonly StoryLine[] {
  const lineOf = new Map<string, number>();
  const firstOfRequest = new Map<string, number>();
  const subjects = new Map<string, string>();
  return entries.map((entry, index) => {
    const line = index + 1;
    const { id, type, revision } = entry.type === 'event' ? entry.event : entry.stored;
    const { position, stream, recordedAt } = placeOf(entry);
    const given = entry.type === 'event' ? entry.event.metadata : entry.stored.metadata;
    const origin = Origin.safeParse(given).data ?? null;
    const because = whyOf(origin, lineOf, firstOfRequest);
    lineOf.set(id, line);
    const subject = subjects.get(stream);
    if (entry.type === 'event') name(subjects, entry.event);
    if (origin !== null && !firstOfRequest.has(origin.causationId)) firstOfRequest.set(origin.causationId, line);
    return {
      ...{ line, time: momentInWords(recordedAt), who: origin === null ? 'unknown' : whoOf(origin.actor, labels) },
      what: entry.type === 'event' ? inWords(entry.event, subject) : `${entry.reason}.`,
      ...because,
      ...{ stream, revision, position, type, id },
      unreadable: entry.type === 'unreadable',
      raw: entry.type === 'event' ? entry.event : entry.stored,
    };
  });
}

/** From here on the stream's events can say whom or what they are about. */
function name(subjects: Map<string, string>, event: RecordedEvent): void {
  if (event.type === 'WorkerArrived') subjects.set(event.stream, `Worker ${event.data.workerId}`);
  else if (event.type === 'HitPosted') subjects.set(event.stream, `HIT ${event.data.marketplaceHitId}`);
}

/** Who did it. */
function whoOf(actor: string, labels: KeyLabels): string {
  if (actor === 'anyone') return 'an application (open API)';
  if (actor === 'scheduler') return 'the scheduler';
  if (actor === 'marketplace') return 'the marketplace';
  const id = actor.slice(actor.indexOf(':') + 1);
  if (actor.startsWith('worker:')) return `worker ${id}`;
  if (actor.startsWith('operator:')) return `operator ${id}`;
  const label = labels.get(id);
  return label === undefined || label === '' ? `API key ${id}` : `API key "${label}" (${id})`;
}

/** Requests that the service makes of itself. */
const OWN_REQUESTS: Readonly<Record<string, string>> = {
  dispatch: 'the dispatch found workers who wait and slots to fill',
  watch: 'the watch saw that it was due',
  reconcile: 'what the marketplace showed',
};

function whyOf(
  origin: Origin | null,
  lineOf: ReadonlyMap<string, number>,
  firstOfRequest: ReadonlyMap<string, number>,
): Pick<StoryLine, 'why' | 'becauseOfLine'> {
  if (origin === null) return { why: 'unknown', becauseOfLine: null };
  const { actor, causationId } = origin;
  const cause = lineOf.get(causationId);
  if (cause !== undefined) return { why: `line ${cause}`, becauseOfLine: cause };
  const own = Object.hasOwn(OWN_REQUESTS, causationId) ? OWN_REQUESTS[causationId] : undefined;
  if (own !== undefined) return { why: own, becauseOfLine: null };
  if (actor.startsWith('worker:')) return { why: "a ping of the worker's page", becauseOfLine: null };
  const together = firstOfRequest.get(causationId);
  if (together !== undefined)
    return {
      why: `the same ${actor === 'scheduler' ? 'round' : 'request'} as line ${together}`,
      becauseOfLine: together,
    };
  if (actor === 'scheduler') return { why: `the scheduler's round ${causationId}`, becauseOfLine: null };
  return { why: `${actor.startsWith('operator:') ? 'command' : 'request'} ${causationId}`, becauseOfLine: null };
}

/** What a line needs of metadata. An event that cannot be understood may still say it. */
const Origin = z.object({ actor: z.string(), causationId: z.string() });
type Origin = z.infer<typeof Origin>;
