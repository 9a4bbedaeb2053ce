import { z } from '@hono/zod-openapi';
import type { Commands } from '../commands/commands.ts';
import { findWorkRequest } from '../projections/workRequests.ts';
import { done, numberedId } from './answerSchemas.ts';
import { answerTo, ok, problem } from './answers.ts';
import type { RegisterEndpoint } from './endpoint.ts';
import { field, payload, protoHitId, workRequestId } from './fields.ts';
import { foreignIdFields, givenForeignId, twoForeignIds } from './givenForeignId.ts';
import { type IdSources, madeAnswer } from './givenOutIds.ts';
import { NO_PROTO_HIT } from './namedProtoHit.ts';

/** Deprecated in the original's README from its beginning, 2013-04-01; reservations replaced them. */
const deprecated = { since: 1_364_774_400, successor: 'reservation/make' };

/** What the original took a work request to be for that did not say. */
const UNNAMED = '0';

/** In the original's interface its mere presence counts. */
const reopens = field(z.unknown(), 'anything', {
  description: 'If it is there, whatever it says, the work is not done',
});

/** Work requests: notes that work exists. Nobody is dispatched by them. */
export function workRequestEndpoints(
  register: RegisterEndpoint,
  { commands, ...sources }: { commands: Pick<Commands, 'putWork' | 'workDone'> } & IdSources,
): void {
  const { db } = sources;
  register({
    methods: ['POST'],
    paths: ['putwork'],
    scope: 'commands',
    concerns: async ({ id }) => id,
    absent: NO_PROTO_HIT,
    summary: 'Make a work request; reservation/make replaced it',
    answers: { text: "The work request's id", json: numberedId },
    deprecated,
    takes: { id: protoHitId, ...foreignIdFields, payload: payload.optional() },
    run: async ({ id: protoHitId, payload = null, ...named }, context) => {
      const twice = twoForeignIds(named);
      if (twice !== null) return twice;
      const foreignId = givenForeignId(named) ?? UNNAMED;
      return madeAnswer(
        await commands.putWork(context, { protoHitId, foreignId, payload }),
        sources,
        (id) => `workRequest-${id}`,
      );
    },
  });

  register({
    methods: ['POST'],
    paths: ['putwork/done'],
    scope: 'commands',
    concerns: async ({ id }) => (await findWorkRequest(db, id))?.protoHitId ?? null,
    absent: problem(404, 'WorkRequest.DoesNotExist'),
    summary: 'Mark a work request as done, or (`false`) as not done after all',
    answers: { text: '`OK`', json: done },
    deprecated: { ...deprecated, successor: 'reservation/finish' },
    takes: { id: workRequestId, false: reopens.optional() },
    run: async ({ id: workRequestId, false: reopen }, context) =>
      answerTo(await commands.workDone(context, { workRequestId, reopen: reopen !== undefined }), () => ok),
  });
}
