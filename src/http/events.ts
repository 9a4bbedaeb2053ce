import { z } from '@hono/zod-openapi';
import type { EventType } from '../domain/event.ts';
import type { EventStore } from '../event-store/port.ts';
import { A_BEGINNING, EVENT_TYPES, FROM_THE_BEGINNING, parseSince, parseTypes } from '../story/feed.ts';
import type { Recheck } from './access/recheck.ts';
import { bodyAnswer, problem } from './answers.ts';
import type { RegisterEndpoint } from './endpoint.ts';
import { bodyOf, eventBatch, eventLines, liveEvents } from './eventStream.ts';
import { about, field, wholeNumber } from './fields.ts';
import { shown } from './soundness.ts';

const FORMATS = ['ndjson', 'cloudevents', 'cloudevents-batch'] as const;

const LINES = 'application/x-ndjson';
const BATCH = 'application/cloudevents-batch+json';
const LIVE = 'text/event-stream';

/** Who follows live costs a query for whatever happens: more than these on one node are turned away. */
const MOST_FOLLOWERS = 50;

/** The log itself, for auditors and their tools. */
export function eventEndpoints(
  register: RegisterEndpoint,
  { store, ending, recheck }: { store: Pick<EventStore, 'subscribe' | 'head'>; ending: AbortSignal; recheck: Recheck },
): void {
  let followers = 0;

  register({
    methods: ['GET'],
    paths: ['events'],
    narrows: true,
    scope: 'audit',
    summary: 'The events of the log in order; as server-sent events also those to come',
    answers: { text: null, json: null, others: [LINES, BATCH, LIVE] },
    takes: {
      since: about(
        'Where to begin: after a position, or with what was recorded from a moment on',
        field(z.string().max(200), A_BEGINNING),
      ).optional(),
      types: field(
        z.preprocess(
          (value) => (typeof value === 'string' ? (parseTypes(value) ?? value) : value),
          z.custom<ReadonlySet<EventType>>((value) => value instanceof Set),
        ),
        EVENT_TYPES,
        { type: 'string' },
      ).optional(),
      limit: about('How many at most; without it all of them', wholeNumber(1, Number.MAX_SAFE_INTEGER)).optional(),
      format: field(z.enum(FORMATS), `one of ${FORMATS.join(', ')}`).optional(),
    },
    run: async ({ since, types, limit = Number.POSITIVE_INFINITY, format }, _, { accepts, header, isStillLetIn }) => {
      const accepted = accepts([LINES, BATCH, LIVE], LINES);
      const isLive = accepted === LIVE;
      const lastEventId = isLive ? header('last-event-id') : undefined;
      const begin = lastEventId || since;
      const from =
        begin === undefined
          ? FROM_THE_BEGINNING
          : parseSince(begin.replace(/ (?=\d\d:?\d\d$)/, '+'), await store.head());
      if (typeof from === 'string')
        return problem(400, `${lastEventId ? 'Last-Event-ID' : 'since'} must be ${from}, got ${shown(begin)}`);
      if (isLive && followers >= MOST_FOLLOWERS)
        return problem(503, 'too many follow the log on this node', { headers: { 'Retry-After': '5' } });

      const left = new AbortController();
      const asked = { since: from, types: types ?? null, limit, signal: AbortSignal.any([left.signal, ending]) };
      const leave = (): void => left.abort();
      async function* whileLetIn(texts: AsyncGenerator<string, void, void>): AsyncGenerator<string, void, void> {
        const stop = recheck(isStillLetIn, leave);
        try {
          yield* texts;
        } finally {
          stop();
        }
      }
      if (!isLive) {
        const isBatch = (format ?? (accepted === BATCH ? 'cloudevents-batch' : 'ndjson')) === 'cloudevents-batch';
        return isBatch
          ? bodyAnswer(BATCH, bodyOf(whileLetIn(eventBatch(store, asked)), leave))
          : bodyAnswer(
              LINES,
              bodyOf(whileLetIn(eventLines(store, asked, format === 'cloudevents' ? format : 'ndjson')), leave),
            );
      }
      async function* counted(): AsyncGenerator<string, void, void> {
        followers++;
        try {
          yield* liveEvents(store, asked, {
            format: format === undefined || format === 'ndjson' ? 'ndjson' : 'cloudevents',
          });
        } finally {
          followers--;
        }
      }
      // nginx would otherwise collect events before it passes them on.
      const headers = { 'Cache-Control': 'no-cache, no-transform', 'X-Accel-Buffering': 'no' };
      return bodyAnswer(`${LIVE}; charset=utf-8`, bodyOf(whileLetIn(counted()), leave), headers);
    },
  });
}
