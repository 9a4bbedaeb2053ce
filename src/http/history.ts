import { z } from '@hono/zod-openapi';
import type { EventStore } from '../event-store/port.ts';
import type { Database } from '../postgres/pool.ts';
import { FORMATS, MEDIA_TYPES, showStory } from '../story/format.ts';
import { historyOf } from '../story/history.ts';
import { storyOf } from '../story/story.ts';
import { bodyAnswer, problem } from './answers.ts';
import type { RegisterEndpoint } from './endpoint.ts';
import { about, field, moment, reservationId, trueOrFalse } from './fields.ts';
import { concernOfReservation } from './namedProtoHit.ts';

/** What auditors ask of one reservation: who was called, who was paid, and why not. */
export function historyEndpoints(
  register: RegisterEndpoint,
  sources: { db: Database; store: Pick<EventStore, 'read'> },
): void {
  register({
    methods: ['GET'],
    paths: ['reservation/:id/history'],
    scope: 'audit',
    concerns: ({ id }) => concernOfReservation(sources.db, id),
    summary: "A reservation's whole story across every stream it touched, in words; or as it was known at a moment",
    answers: { text: 'The story', json: shownStory, others: ['application/x-ndjson', 'text/csv'] },
    takes: {
      id: reservationId,
      format: field(z.enum(FORMATS), `one of ${FORMATS.join(', ')}`).optional(),
      asOf: about('Tell it as it was known then', moment).optional(),
      raw: about('With the events as the log holds them', trueOrFalse).optional(),
    },
    run: async ({ id, format, asOf, raw = false }, _, { accepts }) => {
      const history = await historyOf(sources, id);
      if (history === null) return problem(404, 'WorkReservation.DoesNotExist');
      const story = storyOf(history.gathered, { moment: asOf ?? null, labels: history.labels });
      if (story === null)
        return problem(404, `the reservation had not been made at ${new Date(asOf ?? 0).toISOString()}`);
      const wanted = format ?? FORMATS[TYPES.indexOf(accepts(TYPES, 'text/plain'))] ?? 'text';
      return bodyAnswer(MEDIA_TYPES[wanted], showStory(story, wanted, { raw }));
    },
  });
}

/** Media types without their parameters, in the order of `FORMATS`. */
const TYPES = FORMATS.map((format) => MEDIA_TYPES[format].split(';')[0] ?? format);

const shownStory = z
  .object({
    reservationId: z.uuid(),
    asOf: z.iso.datetime().nullable(),
    summary: z.string(),
    state: z.record(z.string(), z.unknown()),
    people: z.array(
      z.object({
        workerId: z.string(),
        assignmentId: z.string(),
        touched: z.boolean(),
        called: z.string(),
        paid: z.string(),
      }),
    ),
    peopleLeftOut: z.boolean(),
    lines: z.array(
      z.object({
        line: z.int(),
        time: z.iso.datetime(),
        who: z.string(),
        what: z.string(),
        why: z.string(),
        becauseOfLine: z.int().nullable(),
        stream: z.string(),
        revision: z.int(),
        position: z.string(),
        type: z.string(),
        id: z.uuid(),
        unreadable: z.boolean(),
        raw: z.unknown().optional(),
      }),
    ),
  })
  .openapi('History');
