import { z } from '@hono/zod-openapi';
import type { Commands } from '../commands/commands.ts';
import type { Database } from '../postgres/pool.ts';
import { findWorkRequest } from '../projections/workRequests.ts';
import { done, id } from './answerSchemas.ts';
import { answerTo, idAnswer, ok, problem } from './answers.ts';
import type { RegisterEndpoint } from './endpoint.ts';
import { field, payload, protoHitId, workRequestId } from './fields.ts';
import { foreignIdFields, givenForeignId } from './givenForeignId.ts';
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
  { commands, db }: { commands: Pick<Commands, 'putWork' | 'workDone'>; db: Database },
): void {
  register({
    methods: ['POST'],
    paths: ['putwork'],
    scope: 'commands',
    concerns: async ({ id }) => id,
    absent: NO_PROTO_HIT,
    summary: 'Make a work request; reservation/make replaced it',
    answers: { text: "The work request's id", json: id },
    deprecated,
    takes: { id: protoHitId, ...foreignIdFields, payload: payload.optional() },
    run: async ({ id: protoHitId, payload = null, ...named }, context) => {
      const foreignId = givenForeignId(named) ?? UNNAMED;
      return answerTo(await commands.putWork(context, { protoHitId, foreignId, payload }), idAnswer);
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
