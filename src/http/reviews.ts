import { z } from '@hono/zod-openapi';
import type { Commands } from '../commands/commands.ts';
import type { Reviewed } from '../commands/reviews.ts';
import type { AssignmentId } from '../domain/ids.ts';
import { BonusReason, Feedback } from '../domain/review.ts';
import { BlockReason } from '../domain/worker.ts';
import type { Database } from '../postgres/pool.ts';
import { browseAssignments, findAssignment } from '../projections/browse/assignments.ts';
import { tasksOf } from '../projections/tasks.ts';
import { done, id } from './answerSchemas.ts';
import { type Answer, answerTo, idAnswer, jsonAnswer, ok, problem } from './answers.ts';
import type { RegisterEndpoint } from './endpoint.ts';
import {
  about,
  assignmentId,
  assignmentIds,
  cents,
  phase,
  reservationId,
  textLike,
  trueOrFalse,
  wholeNumber,
  workerId,
} from './fields.ts';
import type { GivenOut } from './givenOutIds.ts';
import type { Concern } from './scopes.ts';
import { listedAssignments, shownAssignment } from './shownAssignment.ts';

/** What was handed in and what is decided about it, and whom the application will not work with. */
export function reviewEndpoints(
  register: RegisterEndpoint,
  {
    commands,
    db,
    settings,
  }: {
    commands: Pick<Commands, 'reviewAssignments' | 'grantBonus' | 'blockWorker' | 'unblockWorker'>;
    db: Database;
    settings: { readonly ids: GivenOut };
  },
): void {
  /** Of one ProtoHIT, or of none that a limited key may know of: one that is not its own, or not shown yet, spoils all. */
  const limitedByAssignments = {
    concerns: async ({ id }: { readonly id: AssignmentId | readonly AssignmentId[] }): Promise<Concern> => {
      const ids = new Set([id].flat());
      const tasks = await tasksOf(db, [...ids]);
      const [one, ...others] = new Set([...tasks.values()].map(({ protoHitId }) => protoHitId));
      return one === undefined || others.length > 0 || tasks.size < ids.size ? null : one;
    },
    absent: problem(404, 'Assignment.DoesNotExist'),
  };

  register({
    methods: ['GET', 'POST'],
    paths: ['assignment/list'],
    scope: 'read',
    concerns: 'of the caller',
    summary: 'Assignments, newest first, with what was handed in, decided and paid',
    answers: { text: null, json: z.array(shownAssignment) },
    takes: {
      limit: about('How many, 25 unless said', wholeNumber(1, 1_000)).optional(),
      before: about('The last one of the page before', assignmentId).optional(),
      state: about(
        'Those in this state; `submitted` waits for a review. Work that is approved by itself is `approved` at once',
        phase,
      ).optional(),
      reservation: about('Those whose worker was called to it', reservationId).optional(),
    },
    run: async ({ limit = 25, before, state = null, reservation = null }, _, { limitedTo }) => {
      const last = before && (await findAssignment(db, before));
      const place = last ? { at: last.arrivedAt, id: last.assignmentId } : null;
      const filter = { search: null, phase: state, workerId: null, reservationId: reservation, protoHitId: limitedTo };
      const page = await browseAssignments(db, filter, { limit, before: place });
      return jsonAnswer(await listedAssignments(db, settings.ids, page));
    },
  });

  register({
    methods: ['POST'],
    paths: ['assignment/approve'],
    scope: 'commands',
    ...limitedByAssignments,
    summary: 'Pay for work that was handed in; of what was rejected, take the rejection back',
    answers: { text: '`OK`', json: reviewed },
    takes: { id: assignmentIds },
    run: async ({ id: assignmentIds }, context) =>
      answerTo(await commands.reviewAssignments(context, { assignmentIds, verdict: { type: 'approve' } }), whatCame),
  });

  register({
    methods: ['POST'],
    paths: ['assignment/reject'],
    scope: 'commands',
    ...limitedByAssignments,
    summary: 'Do not pay for work that was handed in',
    answers: { text: '`OK`', json: reviewed },
    takes: { id: assignmentIds, feedback: about('Why; the worker reads it', textLike(Feedback)) },
    run: async ({ id: assignmentIds, feedback }, context) =>
      answerTo(
        await commands.reviewAssignments(context, { assignmentIds, verdict: { type: 'reject', feedback } }),
        whatCame,
      ),
  });

  register({
    methods: ['POST'],
    paths: ['assignment/bonus'],
    scope: 'commands',
    ...limitedByAssignments,
    summary: 'Pay something on top of the reward; each call is another bonus, unless it has the same Idempotency-Key',
    answers: { text: "The bonus's id", json: id },
    example: { id: '3AUQQEL7U5SULB7VN8P0RYPXJ2SV0A', amount: 0.03, reason: 'Quick and right.' },
    takes: {
      id: assignmentId,
      amount: about('US dollars', cents(1, 10_000)),
      reason: about('What for; the worker reads it', textLike(BonusReason)),
    },
    run: async ({ id: assignmentId, amount: amountCents, reason }, context) =>
      answerTo(await commands.grantBonus(context, { assignmentId, amountCents, reason }), idAnswer),
  });

  register({
    methods: ['POST'],
    paths: ['worker/block'],
    scope: 'admin',
    summary: 'Never call this person again; whoever of them waits is told that the wait is over',
    answers: { text: '`OK`', json: done },
    takes: {
      id: workerId,
      reason: about('Why; the log keeps it', textLike(BlockReason)),
      marketplace: about(
        'Whether the marketplace is to keep them from our HITs too, which it may hold against their account; false unless said',
        trueOrFalse,
      ).optional(),
    },
    run: async ({ id: workerId, reason, marketplace: onMarketplace = false }, context) =>
      answerTo(await commands.blockWorker(context, { workerId, reason, onMarketplace }), () => ok),
  });

  register({
    methods: ['POST'],
    paths: ['worker/unblock'],
    scope: 'admin',
    summary: 'Welcome a blocked person again',
    answers: { text: '`OK`', json: done },
    takes: { id: workerId },
    run: async ({ id: workerId }, context) => answerTo(await commands.unblockWorker(context, { workerId }), () => ok),
  });
}

const reviewed = z.object({
  done: z.int().openapi({ description: 'Of how many it is decided' }),
  refused: z.array(z.object({ id: z.string(), why: z.string() })),
});

/** Of many each is decided for itself: that none could be is a conflict, that some could not is told. */
const whatCame = ({ done, refused }: Reviewed): Answer => ({
  status: done === 0 ? 409 : 200,
  isPartial: refused.length > 0,
  text: refused.length === 0 ? 'OK' : refused.map(({ assignmentId, why }) => `${assignmentId}: ${why}`).join('\n'),
  json: { done, refused: refused.map(({ assignmentId, why }) => ({ id: assignmentId, why })) },
});
