import { z } from '@hono/zod-openapi';
import type { EventStore } from '../event-store/port.ts';
import type { Database } from '../postgres/pool.ts';
import { bystandersIn, FORMATS, MEDIA_TYPES, showDiff, showStory } from '../story/format.ts';
import { historyOf, whyNotWhole } from '../story/history.ts';
import { momentInWords } from '../story/moment.ts';
import { diffOf, storyOf } from '../story/story.ts';
import { bodyAnswer, problem } from './answers.ts';
import type { RegisterEndpoint } from './endpoint.ts';
import { about, field, moment, reservationId, trueOrFalse } from './fields.ts';
import { limitedByReservation, NO_RESERVATION } from './namedProtoHit.ts';

/** What auditors ask of one reservation: who was called, who was paid, and why not. */
export function historyEndpoints(
  register: RegisterEndpoint,
  sources: { db: Database; store: Pick<EventStore, 'read'> },
): void {
  register({
    methods: ['GET'],
    paths: ['reservation/:id/history'],
    scope: 'audit',
    ...limitedByReservation(sources.db),
    summary:
      "A reservation's whole story across every stream it touched, in words; as it was known at a moment; or what " +
      'changed between two',
    answers: {
      text: 'The story',
      json: z.union([shownStory, shownDiff]),
      others: ['application/x-ndjson', 'text/csv'],
    },
    takes: {
      id: reservationId,
      format: field(z.enum(FORMATS), `one of ${FORMATS.join(', ')}`).optional(),
      asOf: about('Tell it as it was known then', moment).optional(),
      from: about('With to: what changed from then', moment).optional(),
      to: about('With from: what changed until then', moment).optional(),
      raw: about('With the events as the log holds them', trueOrFalse).optional(),
      all: about(
        'Name all who waited at the time and were not its own. Without it text counts them, and JSON names the first 200',
        trueOrFalse,
      ).optional(),
    },
    run: async ({ id, format, asOf, from, to, raw = false, all = false }, _, { accepts }) => {
      if ((from === undefined) !== (to === undefined))
        return problem(
          400,
          `${from === undefined ? 'from' : 'to'} is missing: what changed is told from one moment to another`,
        );
      if (from !== undefined && asOf !== undefined)
        return problem(400, 'asOf and from exclude each other: what changed until a moment has that moment as to');
      const gap = await whyNotWhole(sources.db);
      if (gap !== null) return problem(503, gap);
      const wanted = format ?? FORMATS[TYPES.indexOf(accepts(TYPES, 'text/plain'))] ?? 'text';
      const history = await historyOf(sources, id, { bystanders: bystandersIn(wanted, all) });
      if (history === null) return NO_RESERVATION;
      const { gathered, labels } = history;
      const notYet = (at: number) => problem(404, `the reservation had not been made at ${momentInWords(at)}`);
      if (from !== undefined && to !== undefined) {
        const [earlier, later] = from <= to ? [from, to] : [to, from];
        const diff = diffOf(gathered, { from: earlier, to: later, labels });
        return diff === null ? notYet(later) : bodyAnswer(MEDIA_TYPES[wanted], showDiff(diff, wanted, { raw, all }));
      }
      const story = storyOf(gathered, { moment: asOf ?? null, labels });
      return story === null
        ? notYet(asOf ?? 0)
        : bodyAnswer(MEDIA_TYPES[wanted], showStory(story, wanted, { raw, all }));
    },
  });
}

/** Media types without their parameters, in the order of `FORMATS`. */
const TYPES = FORMATS.map((format) => MEDIA_TYPES[format].split(';')[0] ?? format);

const shownPerson = z.object({
  workerId: z.string(),
  assignmentId: z.string(),
  touched: z.boolean(),
  isSigned: z.boolean().openapi({ description: 'Their page has a session; false: it asked for no token' }),
  called: z.string(),
  paid: z.string(),
});

const shownLine = z.object({
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
});

const shownStory = z
  .object({
    reservationId: z.uuid(),
    asOf: z.iso.datetime().nullable(),
    summary: z.string(),
    state: z.record(z.string(), z.unknown()),
    people: z.array(shownPerson),
    bystanders: z.int().openapi({ description: 'Others who waited while it called for people, an assignment each' }),
    peopleLeftOut: z
      .boolean()
      .openapi({ description: 'True: not all of those are among the people; all=true names them' }),
    lines: z.array(shownLine),
  })
  .openapi('History');

const shownDiff = z
  .object({
    reservationId: z.uuid(),
    from: z.iso.datetime(),
    to: z.iso.datetime(),
    bystanders: z.int(),
    state: z.array(z.object({ field: z.string(), before: z.unknown(), after: z.unknown() })),
    people: z.array(z.object({ before: shownPerson.nullable(), after: shownPerson })),
    lines: z.array(shownLine),
  })
  .openapi('HistoryDiff');
