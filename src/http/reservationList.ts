import { z } from '@hono/zod-openapi';
import type { Instant, ReservationId } from '../domain/ids.ts';
import { coalesce } from '../postgres/coalesce.ts';
import type { Database } from '../postgres/pool.ts';
import { findReservationListing, listReservations, type ReservationListing } from '../projections/reservationList.ts';
import type { ReservationProgress } from '../projections/reservationProgress.ts';
import { findReservation } from '../projections/reservations.ts';
import { jsonAnswer, problem } from './answers.ts';
import type { HeldRequests } from './api/heldRequests.ts';
import type { ProgressLookUp } from './api/reservationAnswers.ts';
import { USUAL_WAIT_SECONDS, WAIT_FOR, type WaitFor, waitFields } from './api/waitFor.ts';
import type { RegisterEndpoint } from './endpoint.ts';
import { about, field, reservationId, shownForeignId, wholeNumber } from './fields.ts';
import { type GivenOut, idsShown, shownId } from './givenOutIds.ts';
import {
  limitedByReservation,
  NO_PROTO_HIT,
  NO_RESERVATION,
  namedProtoHitOrAll,
  namesProtoHitOrAll,
} from './namedProtoHit.ts';
import { shownProtoHit, toWire } from './protoHitFields.ts';

const STATES = ['made', 'invoked', 'finished', 'cancelled', 'timedOut'] as const;

/** Reservations as applications see them: many, or one. */
export function reservationListEndpoints(
  register: RegisterEndpoint,
  {
    db,
    clock,
    settings,
    held,
    progress,
  }: {
    db: Database;
    clock: () => Instant;
    settings: { readonly pingTimeoutSeconds: number; readonly ids: GivenOut };
    held: HeldRequests;
    progress: ProgressLookUp;
  },
): void {
  const presence = () => ({ now: clock(), pingTimeoutMs: settings.pingTimeoutSeconds * 1000 });
  /** For all requests that are held for one reservation at once. */
  const listingOf = coalesce<ReservationId, ReservationListing>(
    async (ids) => {
      const found = await Promise.all(ids.map((id) => findReservationListing(db, id, presence())));
      return new Map(found.flatMap((row) => (row === undefined ? [] : [[row.reservationId, row]])));
    },
    { maxKeys: 10_000 },
  );

  const shownAll = async (page: readonly ReservationListing[]) => {
    const ids = page.flatMap(({ reservationId, protoHitId }) => [reservationId, protoHitId]);
    const shown = await idsShown(db, settings.ids, ids);
    return page.map((row) => listed(row, shown));
  };

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
      if (limitedTo !== null && protoHitId !== limitedTo) return NO_PROTO_HIT;
      const page = await listReservations(db, { limit, before, phase, protoHitId, ...presence() });
      if (page.length === 0 && before && !(await findReservation(db, before))) return NO_RESERVATION;
      return jsonAnswer(await shownAll(page));
    },
  });

  register({
    methods: ['GET'],
    paths: ['reservation/:id{[0-9a-fA-F-]+}'],
    scope: 'read',
    ...limitedByReservation(db),
    summary: 'One reservation; with wait_for, as soon as so many wait for it, were called, or have handed in',
    answers: { text: null, json: shownReservation },
    takes: { id: reservationId, ...waitFields },
    run: async ({ id, wait, wait_for: waitFor }, _, { gone, isStillLetIn }) => {
      if (wait !== undefined && waitFor === undefined) return WAIT_FOR_NOTHING;
      const look = async () => ({ row: await listingOf(id), progress: await progress(id) });
      const waitMs = waitFor === undefined ? 0 : (wait ?? USUAL_WAIT_SECONDS) * 1_000;
      const looked = await held(look, {
        isEnough: ({ row, progress }) => row === undefined || waitFor === undefined || isThere(waitFor, row, progress),
        ...{ waitMs, gone: gone(), isStillLetIn },
      });
      if (looked.type === 'refused') return looked.answer;
      const { row } = looked.found;
      return row === undefined ? NO_RESERVATION : jsonAnswer((await shownAll([row]))[0]);
    },
  });
}

const WAIT_FOR_NOTHING = problem(400, `wait_for is missing: it must be ${WAIT_FOR}`);

/** Whether a reservation is as far as somebody waits for, or will never be. */
function isThere({ figure, least }: WaitFor, row: ReservationListing, progress: ReservationProgress | undefined) {
  const isOpen = row.phase === 'made' || row.phase === 'invoked';
  switch (figure) {
    case 'waiting':
      return row.waiting >= least || !isOpen;
    case 'dispatched':
      return row.dispatched >= least || !isOpen;
    case 'answers':
      return progress === undefined || progress.answers >= least || (!isOpen && progress.atWork === 0);
  }
}

const shownReservation = z
  .object({
    id: shownId,
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

const listed = (
  row: ReservationListing,
  shown: (id: string) => string | number,
): z.output<typeof shownReservation> => ({
  id: shown(row.reservationId),
  proto: toWire(row.protoHit, shown),
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
