import type { Commands } from '../commands/commands.ts';
import { type Answer, answerTo, idAnswer, ok, problem } from './answers.ts';
import type { RegisterEndpoint } from './endpoint.ts';
import { foreignId, payload, protoHitId, trueOrFalse, workRequestId } from './fields.ts';

/** Since when `putwork` is deprecated (RFC 9745), in seconds: the original's README says so from its beginning. */
const DEPRECATED = { Deprecation: '@1364774400', Link: '</reservation/make>; rel="successor-version"' };

const deprecated = (answer: Answer): Answer => ({ ...answer, headers: { ...answer.headers, ...DEPRECATED } });

/** The deprecated work requests. */
export function workRequestEndpoints(
  register: RegisterEndpoint,
  { commands }: { commands: Pick<Commands, 'putWork' | 'workDone'> },
): void {
  register({
    methods: ['POST'],
    paths: ['putwork'],
    summary: 'Make a work request; reservation/make replaced it',
    answers: "The work request's id",
    deprecated: true,
    takes: {
      id: protoHitId,
      foreignID: foreignId.optional(),
      foreign_id: foreignId.optional(),
      payload: payload.optional(),
    },
    run: async ({ id, foreignID, foreign_id, payload = null }, context) => {
      const given = foreignID ?? foreign_id;
      if (given === undefined)
        return deprecated(problem(400, 'foreignID is missing: it must be a text of at most 255 characters'));
      return deprecated(
        answerTo(await commands.putWork(context, { protoHitId: id, foreignId: given, payload }), idAnswer),
      );
    },
  });

  register({
    methods: ['POST'],
    paths: ['putwork/done'],
    summary: 'Mark a work request as done, or reopen it',
    answers: '`OK`',
    deprecated: true,
    takes: { id: workRequestId, false: trueOrFalse.optional() },
    run: async ({ id, false: reopen = false }, context) =>
      deprecated(answerTo(await commands.workDone(context, { workRequestId: id, reopen }), () => ok)),
  });
}
