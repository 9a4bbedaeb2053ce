import { z } from '@hono/zod-openapi';
import type { Database } from '../postgres/pool.ts';
import { browseWorkers, findWorker, type WorkerFilter, type WorkerShown } from '../projections/browse/workers.ts';
import { jsonAnswer, problem } from './answers.ts';
import type { RegisterEndpoint } from './endpoint.ts';
import { about, trueOrFalse, wholeNumber, workerId } from './fields.ts';

/** Who came, and what they did and earned. People belong to no ProtoHIT: it is not for keys that are limited to one. */
export function workerListEndpoints(register: RegisterEndpoint, { db }: { db: Database }): void {
  register({
    methods: ['GET', 'POST'],
    paths: ['worker/list'],
    narrows: true,
    scope: 'read',
    summary: 'Workers, who was here last first',
    answers: { text: null, json: z.array(shownWorker) },
    takes: {
      limit: about('How many, 25 unless said', wholeNumber(1, 1_000)).optional(),
      before: about('The last one of the page before', workerId).optional(),
      blocked: about('Are only the blocked ones wanted? Not unless said', trueOrFalse).optional(),
    },
    run: async ({ limit = 25, before, blocked = false }) => {
      const last = before && (await findWorker(db, before));
      if (before && !last) return problem(404, 'no such worker');
      const place = last ? { at: last.movedAt, id: last.workerId } : null;
      const filter: WorkerFilter = { search: null, isBlocked: blocked ? true : null };
      return jsonAnswer((await browseWorkers(db, filter, { limit, before: place })).map(listed));
    },
  });
}

const moment = z.int().nullable().openapi({ description: 'Milliseconds since 1970' });

const shownWorker = z
  .object({
    id: z.string(),
    firstSeenTime: moment,
    lastSeenTime: moment,
    assignments: z.int().openapi({ description: 'Assignments they came with' }),
    unsigned: z.int().openapi({ description: 'Of these, with pages that asked for no token' }),
    called: z.int(),
    responded: z.int(),
    submitted: z.int().openapi({ description: 'Waiting for a review' }),
    approved: z.int(),
    rejected: z.int(),
    earned: z.number().openapi({ description: 'US dollars: rewards of approved work, and bonuses paid' }),
    blocked: z.boolean(),
    reason: z.string().nullable().openapi({ description: 'Of the last block' }),
  })
  .openapi('Worker');

const listed = (worker: WorkerShown): z.output<typeof shownWorker> => ({
  id: worker.workerId,
  firstSeenTime: worker.firstSeenAt,
  lastSeenTime: worker.lastSeenAt,
  assignments: worker.assignments,
  unsigned: worker.unsigned,
  called: worker.called,
  responded: worker.responded,
  submitted: worker.submitted,
  approved: worker.approved,
  rejected: worker.rejected,
  earned: worker.earnedCents / 100,
  blocked: worker.phase === 'blocked',
  reason: worker.reason,
});
