import { z } from '@hono/zod-openapi';
import type { Instant } from '../domain/ids.ts';
import type { Database } from '../postgres/pool.ts';
import { findReservationListing, listReservations, type ReservationListing } from '../projections/reservationList.ts';
import { findReservation } from '../projections/reservations.ts';
import { jsonAnswer, problem } from './answers.ts';
import type { RegisterEndpoint } from './endpoint.ts';
import { about, field, reservationId, shownForeignId, wholeNumber } from './fields.ts';
import { concernOfReservation, namedProtoHitOrAll, namesProtoHitOrAll } from './namedProtoHit.ts';
import { shownProtoHit, toWire } from './protoHitFields.ts';

const STATES = ['made', 'invoked', 'finished', 'cancelled', 'timedOut'] as const;

const NO_RESERVATION = problem(404, 'WorkReservation.DoesNotExist');

/** Reservations as applications see them: many, or one. */
export function reservationListEndpoints(
  register: RegisterEndpoint,
  { db, clock, settings }: { db: Database; clock: () => Instant; settings: { readonly pingTimeoutSeconds: number } },
): void {
  const presence = () => ({ now: clock(), pingTimeoutMs: settings.pingTimeoutSeconds * 1000 });

  register({
    methods: ['GET', 'POST'],
    paths: ['reservation/list'],
    scope: 'read',
    concerns: 'of the caller',
    summary: 'Reservations with their ProtoHITs, newest first',
    answers: { text: null, json: z.array(shownReservation) },
    takes: {
      limit: about('How many, 25 unless said', wholeNumber(1, 1_000)).optional(),
      before: about('The last one of the page before', reservationId).optional(),
      state: field(z.enum(STATES), `one of ${STATES.join(', ')}`).optional(),
      hitType: namesProtoHitOrAll.hitType,
    },
    run: async ({ limit = 25, before, state: phase, hitType }, _, { limitedTo }) => {
      const found = await namedProtoHitOrAll(db, { hitType });
      if (found.type === 'not found') return found.answer;
      const protoHitId = found.protoHit?.protoHitId ?? limitedTo ?? undefined;
      if (limitedTo !== null && protoHitId !== limitedTo) return jsonAnswer([]);
      const page = await listReservations(db, { limit, before, phase, protoHitId, ...presence() });
      if (page.length === 0 && before && !(await findReservation(db, before))) return NO_RESERVATION;
      return jsonAnswer(page.map(listed));
    },
  });

  register({
    methods: ['GET'],
    paths: ['reservation/:id{[0-9a-fA-F-]+}'],
    scope: 'read',
    concerns: ({ id }) => concernOfReservation(db, id),
    summary: 'One reservation',
    answers: { text: null, json: shownReservation },
    takes: { id: reservationId },
    run: async ({ id }) => {
      const found = await findReservationListing(db, id, presence());
      return found === undefined ? NO_RESERVATION : jsonAnswer(listed(found));
    },
  });
}

const shownReservation = z
  .object({
    id: z.uuid(),
    proto: shownProtoHit,
    foreignID: z.union([z.string(), z.int()]),
    payload: z.unknown(),
    startTime: z.number().openapi({ description: 'When work is expected, in milliseconds since 1970' }),
    madeTime: z.number(),
    invokedTime: z.number().nullable(),
    recruitingStoppedTime: z.number().nullable().openapi({
      description: 'Since when no HITs are posted for it, because it was invoked long ago; another invoke goes on',
    }),
    assignments: z.int().openapi({ description: 'Workers it calls for' }),
    workers: z
      .int()
      .openapi({ description: 'People who would go to it if it were invoked now, each counted for one reservation' }),
    dispatched: z.int().openapi({ description: 'Workers who hold a slot' }),
    responded: z.int().openapi({ description: 'Of those, who came back to the page' }),
    invoked: z.boolean(),
    done: z.boolean(),
    state: z.enum(STATES),
  })
  .openapi('Reservation');

const listed = (row: ReservationListing): z.output<typeof shownReservation> => ({
  id: row.reservationId,
  proto: toWire(row.protoHit),
  foreignID: shownForeignId(row.foreignId),
  payload: row.payload,
  startTime: row.expectedAt,
  madeTime: row.madeAt,
  invokedTime: row.invokedAt,
  recruitingStoppedTime: row.recruitingStoppedAt,
  assignments: row.numAssignments,
  workers: row.waiting,
  dispatched: row.dispatched,
  responded: row.responded,
  invoked: row.invokedAt !== null,
  done: row.phase !== 'made' && row.phase !== 'invoked',
  state: row.phase,
});
