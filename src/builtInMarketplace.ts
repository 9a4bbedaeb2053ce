import type { Hono } from 'hono';
import type { Logger } from 'pino';
import type { Settings } from './config/settings.ts';
import type { Core } from './core.ts';
import type { Access } from './http/access/access.ts';
import { createMarketplaceDoor } from './http/access/marketplaceDoor.ts';
import { reachedBy } from './http/access/reach.ts';
import { createGuard } from './http/pages/guard.ts';
import type { VisitorOf } from './http/pages/visitor.ts';
import { isLandingOrigin } from './projections/protoHits.ts';
import { createRequesters } from './recruiting.ts';

/** The built-in marketplace, if that is where this service recruits; else null. */
export async function builtInMarketplace(
  { db, clock }: Pick<Core, 'db' | 'clock'>,
  settings: Settings,
  {
    access: { origins },
    visitorOf,
    publicUrl,
    log,
  }: { access: Access; visitorOf: VisitorOf; publicUrl: () => string; log: Logger },
): Promise<Hono | null> {
  if (settings.mturk !== 'simulated') return null;
  const { createSimulatedMarketplace } = await import('./marketplace/simulated/simulated.ts');
  const { faultInjection: control, simulatedWorkersPerMinute } = settings;
  const reached = reachedBy({ ...settings, publicUrl: publicUrl() });
  if (control && reached !== null)
    throw new Error(
      `FAULT_INJECTION=true lets whoever is let in reset the marketplace, and others reach it by ${reached}: leave it out, or listen on this machine alone`,
    );
  const isReached = reached !== null;
  return createSimulatedMarketplace({
    ...{ db, clock, publicUrl, control, simulatedWorkersPerMinute, log },
    guard: createGuard(visitorOf, origins),
    seed: 1,
    requesters: createRequesters(db, { strangers: isReached ? 'refused' : 'accepted' }),
    doorOf: createMarketplaceDoor({
      ...{ visitorOf, origins },
      isForOperatorsAlone: isReached && !settings.marketplacePublic,
    }),
  });
}

/** Simulated workers, as the settings or an operator ask for them: from one node at a time. */
export async function sendCrowd(
  { db, url, clock }: Core,
  { mturk, leaseSeconds, simulatedWorkersPerMinute: ratePerMinute }: Settings,
  options: { baseUrl: string; signal: AbortSignal; log: Logger },
): Promise<void> {
  if (mturk !== 'simulated') return;
  const { followCrowdOrders } = await import('./marketplace/simulated/workers/follow.ts');
  const mayOpen = (origin: string) => isLandingOrigin(db, origin);
  await followCrowdOrders({ db, url, clock, ratePerMinute, leaseSeconds, mayOpen, ...options });
}
