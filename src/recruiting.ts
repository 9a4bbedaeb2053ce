import type { Logger } from 'pino';
import type { Settings } from './config/settings.ts';
import type { Core } from './core.ts';
import type { Instant } from './domain/ids.ts';
import { readRecruitingRule } from './domain/recruiting.ts';
import { type CallOfSide, createFaultWatch } from './marketplace/faultWatch.ts';
import { type MeasuredCall, measuredMarketplace } from './marketplace/measured.ts';
import type { RateLimit } from './marketplace/mturk/rateLimit.ts';
import type { Marketplace } from './marketplace/port.ts';
import type { Requesters } from './marketplace/simulated/api.ts';
import { forgetFault, noteFault } from './postgres/marketplaceFaults.ts';
import type { Database } from './postgres/pool.ts';
import { marketplaceKey, OWN_REQUESTER } from './postgres/sharedSecret.ts';
import type { Policy } from './scheduler/plan.ts';
import { classic } from './scheduler/policies/classic.ts';
import { spare } from './scheduler/policies/spare.ts';

/** Calls to a marketplace in a second, and at once: MTurk's own limits are not published, these were never throttled. */
const MARKETPLACE_RATE = { perSecond: 5, burst: 20 };
/** Our own marketplace has no such limits; a rehearsal should not wait for them. */
const SIMULATED_RATE = { perSecond: 200, burst: 200 };
/** After a hint, and of people at work: two of the five calls a second. MTurk needs a moment after the form is posted. */
const MARKETPLACE_LOOKS = { afterMs: [700, 1_300, 2_500, 5_000], mostAtWork: 10 } as const;
const SIMULATED_LOOKS = { afterMs: [0, 300, 700, 1_500, 3_000], mostAtWork: 200 } as const;

/** Where HITs go, by a ProtoHIT's sandbox switch. The SDK is loaded when the first HIT is posted. */
export function marketplacesOf(
  settings: Settings,
  { db, clock }: { db: Pick<Database, 'query'> | null; clock: () => Instant },
  ownUrl: () => string,
  called?: (call: CallOfSide) => void,
): (sandbox: boolean) => Promise<Marketplace> {
  const ownKey = (): Promise<string> =>
    db === null ? Promise.reject(new Error('the built-in marketplace needs the database')) : marketplaceKey(db);
  const made = new Map<boolean, Promise<Marketplace>>();
  const make = async (sandbox: boolean): Promise<Marketplace> => {
    const [{ createMTurk }, rateLimit] = await Promise.all([import('./marketplace/mturk/mturk.ts'), limit()]);
    const side = sandbox ? 'sandbox' : 'live';
    const simulated = settings.mturk === 'simulated';
    const marketplace = createMTurk({
      name: simulated ? `simulated ${side}` : `mturk ${side}`,
      endpoint: simulated ? `${ownUrl()}/marketplace/api/${side}` : settings.mturkEndpoint,
      ...(simulated ? { credentials: { accessKeyId: OWN_REQUESTER, secretAccessKey: await ownKey() } } : {}),
      rateLimit,
      answerLimitBytes: settings.answerLimitBytes,
      sandbox,
      clock,
    });
    return called === undefined ? marketplace : measuredMarketplace(marketplace, (call) => called({ ...call, side }));
  };
  // One server behind both sides is one to go easy on.
  let shared: Promise<RateLimit> | undefined;
  const limit = (): Promise<RateLimit> => {
    const rate = settings.mturk === 'simulated' ? SIMULATED_RATE : MARKETPLACE_RATE;
    const make = async () => (await import('./marketplace/mturk/rateLimit.ts')).createRateLimit(rate);
    if (settings.mturk === 'aws' && settings.mturkEndpoint === undefined) return make();
    shared ??= make();
    return shared;
  };
  return (sandbox) => {
    const known = made.get(sandbox) ?? make(sandbox);
    made.set(sandbox, known);
    return known;
  };
}

/** The service alone asks as itself, with a key that nobody else has. It is read once. */
export function createRequesters(
  db: Pick<Database, 'query'>,
  { strangers }: Pick<Requesters, 'strangers'>,
): Requesters {
  let own: Promise<string> | undefined;
  const ownKey = (): Promise<string> => {
    own ??= marketplaceKey(db).catch((error: unknown) => {
      own = undefined;
      throw error;
    });
    return own;
  };
  return { strangers, keyOf: async (requester) => (requester === OWN_REQUESTER ? ownKey() : null) };
}

/** How to recruit, and what the rule asks of the scheduler. */
function policyOf(settings: Settings): { policy: Policy; plansAtOnce: boolean; evenFilled: boolean } {
  const [rule, timeoutMinutes] = [readRecruitingRule(settings), settings.reservationTimeoutMinutes];
  return rule.policy === 'classic'
    ? { policy: classic({ ...rule, timeoutMinutes }), plansAtOnce: false, evenFilled: true }
    : { policy: spare(rule.sparePlaces), plansAtOnce: true, evenFilled: false };
}

/** What the scheduler needs, from a core and the settings. */
export const schedulerDependencies = (
  core: Core,
  settings: Settings,
  log: Logger,
  {
    ownUrl = () => settings.publicUrl,
    called,
  }: {
    ownUrl?: () => string;
    /** Hears of every call to a marketplace. */
    called?: (call: MeasuredCall) => void;
  } = {},
) => {
  const { db, clock } = core;
  const watch = createFaultWatch({
    note: (fault) => noteFault(db, fault),
    forget: (call) => forgetFault(db, call),
    clock,
    log,
  });
  const heard = (call: CallOfSide): void => {
    called?.(call);
    watch(call);
  };
  return {
    ...core,
    log,
    settings,
    looks: settings.mturk === 'simulated' ? SIMULATED_LOOKS : MARKETPLACE_LOOKS,
    ...policyOf(settings),
    marketplaces: marketplacesOf(settings, { db, clock }, ownUrl, heard),
  };
};
