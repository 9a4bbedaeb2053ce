import { type Context, Hono } from 'hono';
import { z } from 'zod';
import type { Database } from '../../postgres/pool.ts';
import { accountOf, accountsOf, FIRST_DEPOSIT_CENTS } from './account.ts';
import type { DrivenClock } from './clock.ts';
import { FaultRule, faultRules, setFaultRules } from './faults.ts';
import { text } from './limits.ts';

const Advance = z.object({ advanceSeconds: z.number().min(0).max(3_153_600_000) });
const Rules = z.array(FaultRule);
const Deposit = z.object({
  /** As `/accounts` names it: the side and the access key, like "live/AKID". */
  requester: text({ min: 1, max: 200 }),
  cents: z.int().min(1).max(1_000_000_000_000),
});

/** Drives the marketplace in tests and rehearsals: its clock, its faults, its books. */
export function controlRoutes({ db, clock }: { db: Database; clock: DrivenClock }): Hono {
  const routes = new Hono({ strict: false });

  routes.post('/clock', async (c) => {
    const body = await bodyOf(c, Advance);
    if (!body.success) return c.text(`advanceSeconds must be a number of seconds: ${z.prettifyError(body.error)}`, 400);
    return c.json({ now: await clock.advance(body.data.advanceSeconds) });
  });

  routes.get('/faults', async (c) => c.json((await faultRules(db)).rules));
  routes.put('/faults', async (c) => {
    const body = await bodyOf(c, Rules);
    if (!body.success) return c.text(`the body must be a list of fault rules: ${z.prettifyError(body.error)}`, 400);
    await setFaultRules(db, body.data);
    return c.json(body.data);
  });

  routes.get('/accounts', async (c) => {
    return c.json(Object.fromEntries(await accountsOf(db, await clock.now())));
  });

  routes.post('/deposits', async (c) => {
    const body = await bodyOf(c, Deposit);
    if (!body.success) return c.text(`the body must name requester and cents: ${z.prettifyError(body.error)}`, 400);
    const { requester, cents } = body.data;
    await db.query(
      `insert into marketplace.requesters as r (requester, deposits) values ($1, $2 + $3::bigint)
       on conflict (requester) do update set deposits = r.deposits + $3`,
      [requester, FIRST_DEPOSIT_CENTS, cents],
    );
    return c.json(await accountOf(db, requester, await clock.now()));
  });

  /** Forgets everything but which ids were given out: others may remember those. */
  routes.post('/reset', async (c) => {
    await setFaultRules(db, []);
    await db.query(
      `truncate marketplace.payments, marketplace.assignments, marketplace.workers, marketplace.tokens,
                marketplace.hits, marketplace.hit_types, marketplace.worker_blocks, marketplace.requesters;
       update marketplace.clock set ahead_ms = 0`,
    );
    return c.body(null, 204);
  });

  return routes;
}

const bodyOf = async <Schema extends z.ZodType>(c: Context, schema: Schema) =>
  schema.safeParse(await c.req.json().catch(() => null));
