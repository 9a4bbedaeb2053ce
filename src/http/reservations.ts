import { z } from 'zod';
import type { Commands } from '../commands/commands.ts';
import type { Instant } from '../domain/ids.ts';
import type { Database } from '../postgres/pool.ts';
import { findReservationListing, listReservations, type ReservationListing } from '../projections/reservationList.ts';
import { answerTo, idAnswer, jsonAnswer, ok, problem } from './answers.ts';
import type { RegisterEndpoint } from './endpoint.ts';
import { field, foreignId, hitType, number, payload, reservationId, shownForeignId, wholeNumber } from './fields.ts';
import { toWire } from './protoHitFields.ts';
import { namedProtoHit, namesProtoHit } from './protoHits.ts';

const STATES = ['made', 'invoked', 'finished', 'cancelled', 'timedOut'] as const;

/** Reservations: make, invoke, end, list. */
export function reservationEndpoints(
  register: RegisterEndpoint,
  {
    commands,
    db,
    clock,
    settings,
  }: {
    commands: Pick<
      Commands,
      | 'makeReservation'
      | 'invokeReservation'
      | 'finishReservation'
      | 'unfinishReservation'
      | 'cancelReservation'
      | 'finishAll'
    >;
    db: Database;
    clock: () => Instant;
    settings: { readonly pingTimeoutSeconds: number };
  },
): void {
  const presence = () => ({ now: clock(), pingTimeoutMs: settings.pingTimeoutSeconds * 1000 });

  register({
    methods: ['POST'],
    paths: ['reservation/make'],
    summary: 'Announce work for a ProtoHIT: recruiting begins, nobody is told yet',
    answers: "The reservation's id",
    takes: {
      ...namesProtoHit,
      foreignID: foreignId.optional(),
      foreign_id: foreignId.optional(),
      delay: number(0, 31_536_000, ' seconds'),
      numAssignments: wholeNumber(1, 10_000),
      payload: payload.optional(),
    },
    run: async ({ id, hitType, foreignID, foreign_id, delay, numAssignments, payload }, context) => {
      const foreignId = foreignID ?? foreign_id;
      if (foreignId === undefined)
        return problem(400, 'foreignID is missing: it must be a text of at most 255 characters');
      const protoHit = await namedProtoHit(db, { id, hitType });
      if ('status' in protoHit) return protoHit;
      const { protoHitId } = protoHit;
      const made = { protoHitId, foreignId, payload: payload ?? null, delaySeconds: delay, numAssignments };
      return answerTo(await commands.makeReservation(context, made), idAnswer);
    },
  });

  register({
    methods: ['POST'],
    paths: ['reservation/invoke'],
    summary: 'Ask for the workers now',
    answers: '`OK`',
    takes: { id: reservationId, foreignID: foreignId.optional(), foreign_id: foreignId.optional() },
    run: async ({ id, foreignID, foreign_id }, context) =>
      answerTo(
        await commands.invokeReservation(context, { reservationId: id, foreignId: foreignID ?? foreign_id }),
        () => ok,
      ),
  });

  const endings = [
    ['finishReservation', ['reservation/finish', 'reservation/done'], 'Send no more workers'],
    ['unfinishReservation', ['reservation/unfinish'], 'Return to where it stood before it was closed'],
    [
      'cancelReservation',
      ['reservation/cancel'],
      'End it, its HITs with it, and release those who wait for nothing else',
    ],
  ] as const;
  for (const [command, paths, summary] of endings) {
    register({
      methods: ['POST'],
      paths,
      summary,
      answers: '`OK`',
      takes: { id: reservationId },
      run: async ({ id }, context) => answerTo(await commands[command](context, { reservationId: id }), () => ok),
    });
  }

  register({
    methods: ['POST'],
    paths: ['reservation/finish/all'],
    summary: 'Finish every open reservation (of one ProtoHIT, if named) and take down every HIT nobody needs',
    answers: '`OK`',
    takes: namesProtoHit,
    run: async (named, context) => {
      const all = named.id === undefined && named.hitType === undefined;
      const protoHit = all ? undefined : await namedProtoHit(db, named);
      if (protoHit !== undefined && 'status' in protoHit) return protoHit;
      return answerTo(await commands.finishAll(context, { protoHitId: protoHit?.protoHitId }), ({ finished }) => ({
        ...ok,
        json: { ok: true, finished },
      }));
    },
  });

  register({
    methods: ['GET', 'POST'],
    paths: ['reservation/list'],
    summary: 'Reservations with their ProtoHITs, newest first',
    answers: 'JSON array of reservations',
    takes: {
      limit: wholeNumber(1, 1_000).optional(),
      before: reservationId.optional(),
      state: field(z.enum(STATES), `one of ${STATES.join(', ')}`).optional(),
      hitType: hitType.optional(),
    },
    run: async ({ limit = 25, before, state, hitType }) => {
      const protoHit = hitType === undefined ? undefined : await namedProtoHit(db, { hitType });
      if (protoHit !== undefined && 'status' in protoHit) return protoHit;
      const protoHitId = protoHit?.protoHitId;
      return jsonAnswer(
        (await listReservations(db, { limit, before, phase: state, protoHitId, ...presence() })).map(listed),
      );
    },
  });

  register({
    methods: ['GET'],
    paths: ['reservation/:id{[0-9a-fA-F-]{36}}'],
    summary: 'One reservation',
    answers: 'JSON object',
    takes: { id: reservationId },
    run: async ({ id }) => {
      const found = await findReservationListing(db, id, presence());
      return found === undefined ? problem(404, 'WorkReservation.DoesNotExist') : jsonAnswer(listed(found));
    },
  });
}

/** A reservation as the API shows it. */
const listed = (row: ReservationListing) => ({
  id: row.reservationId,
  proto: toWire(row.protoHit),
  foreignID: shownForeignId(row.foreignId),
  payload: row.payload,
  startTime: row.expectedAt,
  madeTime: row.madeAt,
  invokedTime: row.invokedAt,
  assignments: row.numAssignments,
  workers: row.waiting,
  dispatched: row.dispatched,
  responded: row.responded,
  invoked: row.invokedAt !== null,
  done: row.phase !== 'made' && row.phase !== 'invoked',
  state: row.phase,
});
