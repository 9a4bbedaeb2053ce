import { Hono } from 'hono';
import { z } from 'zod';
import type { Database } from '../../postgres/pool.ts';
import { accountOf } from './account.ts';
import type { DrivenClock } from './clock.ts';
import { FaultRule, type Faults } from './faults.ts';

/** Drives the marketplace in tests and rehearsals: its clock, its faults, its books. */
export function controlRoutes({ db, clock, faults }: { db: Database; clock: DrivenClock; faults: Faults }): Hono {
  const routes = new Hono({ strict: false });

  routes.post('/clock', async (c) => {
    const body = z.object({ advanceSeconds: z.number().min(0) }).safeParse(await c.req.json().catch(() => null));
    if (!body.success) return c.text('advanceSeconds must be a number of seconds, 0 or more', 400);
    return c.json({ now: await clock.advance(body.data.advanceSeconds) });
  });

  routes.put('/faults', async (c) => {
    const rules = z.array(FaultRule).safeParse(await c.req.json().catch(() => null));
    if (!rules.success)
      return c.text(`the body must be a JSON array of fault rules: ${z.prettifyError(rules.error)}`, 400);
    faults.set(rules.data);
    return c.json({ rules: rules.data.length });
  });

  routes.get('/accounts', async (c) => {
    const now = await clock.now();
    const { rows } = await db.query<{ requester: string }>('select requester from marketplace.requesters order by 1');
    const accounts = await Promise.all(
      rows.map(async ({ requester }) => [requester, await accountOf(db, requester, now)]),
    );
    return c.json(Object.fromEntries(accounts));
  });

  return routes;
}
