import { HitId } from '../domain/ids.ts';
import type { Database } from '../postgres/pool.ts';
import { listHits } from '../projections/hits.ts';
import { jsonAnswer } from './answers.ts';
import type { RegisterEndpoint } from './endpoint.ts';
import { field, wholeNumber } from './fields.ts';

/** The HITs that were posted, newest first. */
export function hitEndpoints(register: RegisterEndpoint, { db }: { db: Database }): void {
  register({
    methods: ['GET', 'POST'],
    paths: ['hit/list'],
    summary: 'HITs, newest first',
    answers: 'JSON array of HITs',
    takes: { limit: wholeNumber(1, 1_000).optional(), before: field(HitId, 'the id of a HIT in this list').optional() },
    run: async ({ limit = 25, before }) =>
      jsonAnswer(
        (await listHits(db, { limit, before })).map((hit) => ({
          id: hit.hitId,
          hitID: hit.marketplaceHitId,
          proto: hit.protoHitId,
          reservation: hit.recruitedFor,
          state: hit.phase,
          sandbox: hit.sandbox,
          reward: hit.fields.rewardCents / 100,
          assignments: hit.maxAssignments,
          arrivals: hit.arrivals,
          requestedTime: hit.requestedAt,
          postedTime: hit.postedAt,
          expiresTime: hit.expiresAt,
        })),
      ),
  });
}
