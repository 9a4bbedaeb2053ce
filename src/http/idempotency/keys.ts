import type { Context as HonoContext } from 'hono';
import type { Logger } from 'pino';
import type { Actor } from '../../domain/event.ts';
import type { Instant } from '../../domain/ids.ts';
import type { Database } from '../../postgres/pool.ts';
import { type Answer, problem } from '../answers.ts';
import { type Claim, type Claimed, forgetOld, freeKey, keepAnswer, lookAt, takeKey } from './claims.ts';
import { fingerprintOf } from './fingerprint.ts';
import type { RequestOwner } from './owner.ts';

/** Runs a command once for each idempotency key, and answers its repetitions as the first time. */
export type IdempotencyKeys = (
  c: HonoContext,
  request: {
    readonly actor: Actor;
    readonly path: string;
    /** As they were understood, not as they were written. */
    readonly parameters: Readonly<Record<string, unknown>>;
  },
  run: (idempotencyKey: string | undefined) => Promise<Answer>,
) => Promise<Answer>;

/** Now and then a node forgets old answers, this many at most. */
const CLEAN_UP_EVERY = 1_000;
const MOST_FORGOTTEN = 10_000;

const KEY = /^[\x21-\x7e]{1,255}$/;

/**
 * After the IETF draft "The Idempotency-Key HTTP Header Field" (07): the same key with another request is 422, a
 * repetition while the first is under way 409. Only what was done is kept: a refusal left no event, so the same key
 * may be tried again, and so may what was done in part (`Answer.isPartial`). A crash between the events and the kept
 * answer loses nothing, for the ids that a command gives out follow from the key; the key is free as soon as the lease
 * of the node that ran the first request is gone.
 */
export function idempotencyKeys({
  db,
  clock,
  owner,
  log,
}: {
  db: Database;
  clock: () => Instant;
  owner: RequestOwner;
  log: Logger;
}): IdempotencyKeys {
  /** What this process is at: a claim of ours that is not among them was left by a request that failed. */
  const underWay = new Set<string>();
  let uses = 0;

  return async (c, { actor, path, parameters }, run) => {
    const key = c.req.header('idempotency-key');
    if (key === undefined || c.req.method !== 'POST') return run(undefined);
    if (!KEY.test(key))
      return problem(400, 'Idempotency-Key must be 1 to 255 printable ASCII characters without spaces');
    const fingerprint = fingerprintOf(parameters);
    const claim: Claim = { scope: `${actor} POST ${path}`, key, fingerprint, owner: owner.name };
    const name = `${claim.scope} ${key}`;
    if (underWay.has(name)) return answerOf(await lookAt(db, claim)) ?? UNDER_WAY;

    underWay.add(name);
    if (uses++ % CLEAN_UP_EVERY === 0)
      forgetOld(db, { now: clock(), limit: MOST_FORGOTTEN }).catch((error: unknown) =>
        log.warn({ err: error }, 'old idempotency keys are still kept'),
      );
    try {
      await owner.ready;
      const taken = answerOf(await takeKey(db, claim, clock()));
      if (taken !== null) return taken;
      const answer = await run(`${path} ${key}`);
      if (answer.status < 300 && answer.isPartial !== true) await keepAnswer(db, claim, answer);
      else await freeKey(db, claim);
      return answer;
    } catch (error) {
      await freeKey(db, claim).catch((cause: unknown) =>
        log.debug({ err: cause }, 'an idempotency key is left claimed'),
      );
      throw error;
    } finally {
      underWay.delete(name);
    }
  };
}

const OTHER_REQUEST = problem(422, 'Idempotency-Key was used for a request with other parameters');
const UNDER_WAY = problem(409, 'the first request with this Idempotency-Key is under way: try again in a second', {
  headers: { 'Retry-After': '1' },
});

/** What to answer instead of running the request; null if it is ours to run. */
function answerOf(claimed: Claimed): Answer | null {
  switch (claimed.type) {
    case 'ours':
      return null;
    case 'other request':
      return OTHER_REQUEST;
    case 'under way':
      return UNDER_WAY;
    case 'answered':
      return { ...claimed.answer, headers: { ...claimed.answer.headers, 'Idempotency-Replayed': 'true' } };
  }
}
