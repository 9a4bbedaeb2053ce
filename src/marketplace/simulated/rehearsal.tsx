import { type Context, Hono } from 'hono';
import type { Logger } from 'pino';
import { z } from 'zod';
import type { Database } from '../../postgres/pool.ts';
import { accountsOf } from './account.ts';
import type { DrivenClock } from './clock.ts';
import { orderCrowd, readCrowd } from './crowdOrder.ts';
import { addFaultRule, FaultKind, type FaultRule, faultRules, removeFaultRule } from './faults.ts';
import type { Guard, Steward } from './guard.ts';
import { operations } from './operations/all.ts';
import { Rehearsal } from './pages/rehearsal.tsx';

const between = (name: string, least: number, most: number) =>
  z.coerce
    .number(`${name} must be a number`)
    .min(least, `${name} must be from ${least} to ${most}`)
    .max(most, `${name} must be from ${least} to ${most}`);
const whole = (name: string, least: number, most: number) =>
  between(name, least, most).refine(Number.isInteger, `${name} must be a whole number`);

const CrowdForm = z.object({
  ratePerMinute: between('How many come in a minute', 0.1, 10_000),
  patienceMinutes: between('How long they wait', 0.1, 1_000),
});

const FaultForm = z
  .object({
    kind: FaultKind,
    operation: z.enum(['*', ...Object.keys(operations)], 'there is no such call'),
    percent: whole('To how many of 100', 1, 100),
    after: whole('First let through', 0, 1_000_000),
    times: z.union([z.literal('').transform(() => undefined), whole('At most how often', 1, 1_000_000)]).optional(),
  })
  .transform(
    ({ percent, times, ...rule }): FaultRule => ({
      ...rule,
      probability: percent / 100,
      ...(times === undefined ? {} : { times }),
    }),
  );

const Removal = z.object({ version: z.string().regex(/^\d{1,18}$/), place: z.coerce.number().int().min(0) });

/** Simulated workers and faults, for whoever the service lets in. */
export function rehearsalRoutes({
  db,
  clock,
  realClock,
  guard,
  mayInjectFaults,
  settingPerMinute,
  log,
}: {
  db: Database;
  clock: DrivenClock;
  realClock: () => number;
  guard: Guard;
  mayInjectFaults: boolean;
  settingPerMinute: number;
  log: Logger;
}): Hono {
  const routes = new Hono({ strict: false });

  const show = async (c: Context, visitor: Steward, problem?: string) => {
    const now = await clock.now();
    const [crowd, faults, accounts] = await Promise.all([
      readCrowd(db, realClock()),
      mayInjectFaults ? faultRules(db) : null,
      accountsOf(db, now),
    ]);
    const rehearsed = { crowd, settingPerMinute, faults, accounts };
    return c.html(<Rehearsal {...rehearsed} visitor={visitor} now={now} problem={problem} />, problem ? 400 : 200);
  };
  const shown = (c: Context): Response => c.redirect('/marketplace/rehearsal', 303);
  const note = (visitor: Steward, what: object, message: string): void =>
    log.info({ by: visitor.type === 'operator' ? visitor.operator : 'anyone', ...what }, message);

  routes.get(
    '/',
    guard((c, { visitor }) => show(c, visitor)),
  );

  routes.post(
    '/crowd',
    guard(async (c, { visitor, form }) => {
      const asked = CrowdForm.safeParse(form);
      if (!asked.success) return show(c, visitor, problemOf(asked.error));
      await orderCrowd(db, { ...asked.data, keepsEarlier: true });
      note(visitor, asked.data, 'simulated workers were ordered');
      return shown(c);
    }),
  );

  for (const [path, keepsEarlier] of [
    ['/crowd/stop', true],
    ['/crowd/away', false],
  ] as const)
    routes.post(
      path,
      guard(async (c, { visitor }) => {
        const { patienceMinutes } = await readCrowd(db, realClock());
        await orderCrowd(db, { ratePerMinute: 0, patienceMinutes, keepsEarlier });
        note(visitor, { keepsEarlier }, 'simulated workers were stopped');
        return shown(c);
      }),
    );

  if (!mayInjectFaults) return routes;

  routes.post(
    '/faults',
    guard(async (c, { visitor, form }) => {
      const asked = FaultForm.safeParse(form);
      if (!asked.success) return show(c, visitor, problemOf(asked.error));
      await addFaultRule(db, asked.data);
      note(visitor, { rule: asked.data }, 'a fault was ordered');
      return shown(c);
    }),
  );

  routes.post(
    '/faults/remove',
    guard(async (c, { visitor, form }) => {
      const asked = Removal.safeParse(form);
      if (!asked.success) return show(c, visitor, problemOf(asked.error));
      if (!(await removeFaultRule(db, asked.data)))
        return show(c, visitor, 'Somebody else changed the faults meanwhile. This is how they are now.');
      note(visitor, asked.data, 'a fault was removed');
      return shown(c);
    }),
  );

  return routes;
}

const problemOf = ({ issues }: z.ZodError): string => {
  const [issue] = issues;
  return `${issue?.message ?? 'This form cannot be read'}.`;
};
