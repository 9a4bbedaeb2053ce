import { z } from '@hono/zod-openapi';
import type { Database } from '../postgres/pool.ts';
import { type HitRow, hitsByIds, listHits } from '../projections/hits.ts';
import { listProtoHits, protoHitsByIds } from '../projections/protoHits.ts';
import { jsonAnswer, problem } from './answers.ts';
import type { RegisterEndpoint } from './endpoint.ts';
import { about, hitId, trueOrFalse, wholeNumber } from './fields.ts';
import { type GivenOut, idsShown, shownId } from './givenOutIds.ts';
import { shownProtoHit, toWire } from './protoHitFields.ts';

/** What there is: ProtoHITs and HITs. Reservations list themselves. */
export function listEndpoints(
  register: RegisterEndpoint,
  { db, settings }: { db: Database; settings: { readonly ids: GivenOut } },
): void {
  register({
    methods: ['GET', 'POST'],
    paths: ['protohit/list'],
    narrows: true,
    scope: 'read',
    concerns: 'of the caller',
    summary: 'Every ProtoHIT that takes reservations, newest first; with retired=true the retired ones too',
    answers: { text: null, json: z.array(shownProtoHit) },
    takes: { retired: about('Are the retired ones wanted too? Not unless said', trueOrFalse).optional() },
    run: async ({ retired = false }, _, { limitedTo }) => {
      const protoHits =
        limitedTo === null
          ? await listProtoHits(db, { retired })
          : [...(await protoHitsByIds(db, [limitedTo])).values()].filter(({ retiredAt }) => retired || !retiredAt);
      const shown = await idsShown(
        db,
        settings.ids,
        protoHits.map(({ protoHitId }) => protoHitId),
      );
      return jsonAnswer(protoHits.map((one) => toWire(one, shown)));
    },
  });

  register({
    methods: ['GET', 'POST'],
    paths: ['hit/list'],
    narrows: true,
    scope: 'read',
    concerns: 'of the caller',
    summary: 'HITs, newest first',
    answers: { text: null, json: z.array(shownHit) },
    takes: {
      limit: about('How many, 25 unless said', wholeNumber(1, 1_000)).optional(),
      before: about('The last one of the page before', hitId).optional(),
    },
    run: async ({ limit = 25, before }, _, { limitedTo }) => {
      const page = await listHits(db, { limit, before, protoHitId: limitedTo });
      if (page.length === 0 && before && !(await hitsByIds(db, [before])).has(before))
        return problem(404, 'no such HIT');
      const named = page.flatMap(({ protoHitId, recruitedFor }) => [
        protoHitId,
        ...(recruitedFor ? [recruitedFor] : []),
      ]);
      const shown = await idsShown(db, settings.ids, named);
      return jsonAnswer(page.map((hit) => listed(hit, shown)));
    },
  });
}

const moment = z.int().nullable().openapi({ description: 'Milliseconds since 1970' });

const shownHit = z
  .object({
    id: z.uuid(),
    hitID: z.string().nullable().openapi({ description: "The marketplace's id, once it has answered" }),
    proto: shownId,
    reservation: shownId.nullable(),
    state: z.string(),
    sandbox: z.boolean(),
    reward: z.number().openapi({ description: 'US dollars' }),
    assignments: z.int(),
    arrivals: z.int(),
    requestedTime: z.int(),
    postedTime: moment,
    expiresTime: moment,
  })
  .openapi('HIT');

const listed = (hit: HitRow, shown: (id: string) => string | number): z.output<typeof shownHit> => ({
  id: hit.hitId,
  hitID: hit.marketplaceHitId,
  proto: shown(hit.protoHitId),
  reservation: hit.recruitedFor && shown(hit.recruitedFor),
  state: hit.phase,
  sandbox: hit.sandbox,
  reward: hit.fields.rewardCents / 100,
  assignments: hit.maxAssignments,
  arrivals: hit.arrivals,
  requestedTime: hit.requestedAt,
  postedTime: hit.postedAt,
  expiresTime: hit.expiresAt,
});
