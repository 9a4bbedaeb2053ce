import { z } from '@hono/zod-openapi';
import type { Commands } from '../commands/commands.ts';
import { done, numberedId } from './answerSchemas.ts';
import { answerTo, ok } from './answers.ts';
import type { RegisterEndpoint } from './endpoint.ts';
import { about, number, payload, reservationId, wholeNumber } from './fields.ts';
import { foreignIdFields, givenForeignId, NO_FOREIGN_ID, twoForeignIds } from './givenForeignId.ts';
import { type IdSources, madeAnswer } from './givenOutIds.ts';
import {
  limitedByProtoHit,
  limitedByReservation,
  namedProtoHitId,
  namedProtoHitOrAll,
  namesProtoHit,
  namesProtoHitOrAll,
} from './namedProtoHit.ts';

const ENDINGS = [
  ['finishReservation', ['reservation/finish', 'reservation/done'], 'Send no more workers'],
  ['unfinishReservation', ['reservation/unfinish'], 'Return it to where it stood before it was closed'],
  ['cancelReservation', ['reservation/cancel'], 'End it and its HITs at once; release who waits for nothing else'],
] as const;

/** The life of reservations. */
export function reservationEndpoints(
  register: RegisterEndpoint,
  {
    commands,
    ...sources
  }: {
    commands: Pick<Commands, 'makeReservation' | 'invokeReservation' | 'finishAll' | (typeof ENDINGS)[number][0]>;
  } & IdSources,
): void {
  const { db } = sources;
  register({
    methods: ['POST'],
    paths: ['reservation/make'],
    scope: 'commands',
    ...limitedByProtoHit(db),
    summary: 'Announce work for a ProtoHIT, named by id or hitType: recruiting begins, nobody is told yet',
    needed: ['foreignID'],
    olderNames: ['foreign_id'],
    example: { hitType: 'verbs', foreignID: '42', delay: 60, numAssignments: 3, payload: { text: 'The cat sat.' } },
    answers: { text: "The reservation's id", json: numberedId },
    takes: {
      ...namesProtoHit,
      ...foreignIdFields,
      delay: about('From now until work is expected; steers recruiting only', number(0, 31_536_000, ' seconds')),
      numAssignments: about('Workers it calls for', wholeNumber(1, 10_000)),
      payload: about('Kept with the reservation', payload).optional(),
    },
    run: async ({ delay: delaySeconds, numAssignments, payload = null, ...named }, context) => {
      const twice = twoForeignIds(named);
      if (twice !== null) return twice;
      const foreignId = givenForeignId(named);
      if (foreignId === undefined) return NO_FOREIGN_ID;
      const found = await namedProtoHitId(db, named);
      if (found.type === 'not found') return found.answer;
      const protoHitId = found.protoHit;
      const made = { protoHitId, foreignId, payload, delaySeconds, numAssignments };
      return madeAnswer(await commands.makeReservation(context, made), sources, (id) => `reservation-${id}`);
    },
  });

  register({
    methods: ['POST'],
    paths: ['reservation/invoke'],
    scope: 'commands',
    ...limitedByReservation(db),
    summary: 'Ask for the workers now',
    olderNames: ['foreign_id'],
    example: { id: '01a22e16-b106-7188-b0ad-b84425c95751' },
    answers: { text: '`OK`', json: done },
    takes: { id: reservationId, ...foreignIdFields },
    run: async ({ id, ...named }, context) =>
      twoForeignIds(named) ??
      answerTo(
        await commands.invokeReservation(context, { reservationId: id, foreignId: givenForeignId(named) }),
        () => ok,
      ),
  });

  for (const [command, paths, summary] of ENDINGS) {
    register({
      methods: ['POST'],
      paths,
      scope: 'commands',
      ...limitedByReservation(db),
      summary,
      answers: { text: '`OK`', json: done },
      takes: { id: reservationId },
      run: async ({ id }, context) => answerTo(await commands[command](context, { reservationId: id }), () => ok),
    });
  }

  register({
    // The status page of the original's README asks by GET.
    methods: ['GET', 'POST'],
    paths: ['reservation/finish/all'],
    narrows: true,
    scope: 'commands',
    ...limitedByProtoHit(db),
    summary: 'Finish every open reservation (of one ProtoHIT, if named) and take down every HIT nobody needs',
    answers: { text: '`OK`', json: done.extend({ finished: z.int() }) },
    takes: namesProtoHitOrAll,
    run: async (named, context) => {
      const found = await namedProtoHitOrAll(db, named);
      if (found.type === 'not found') return found.answer;
      const result = await commands.finishAll(context, { protoHitId: found.protoHit?.protoHitId });
      return answerTo(result, ({ finished }) => ({ ...ok, json: { ok: true, finished } }));
    },
  });
}
