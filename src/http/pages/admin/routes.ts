import { Hono, type Context as HonoContext } from 'hono';
import type { RecruitingRule } from '../../../domain/recruiting.ts';
import type { EventStore } from '../../../event-store/port.ts';
import type { Rebuilding } from '../../../projections/rebuilding.ts';
import type { Access } from '../../access/access.ts';
import type { NoteSignIn } from '../../access/signInTrace.ts';
import type { Guard } from '../guard.ts';
import type { VisitorOf } from '../visitor.ts';
import { accountRoutes } from './account.tsx';
import { type BrowseDependencies, browseRoutes } from './browse/routes.ts';
import { createAdminGuard } from './guard.ts';
import { homeRoutes } from './home.tsx';
import { keyRoutes } from './keys.tsx';
import { newReservationRoutes } from './newReservation.tsx';
import { operatorRoutes } from './operators.tsx';
import { projectionRoutes } from './projections/routes.tsx';
import { protoHitRoutes } from './protoHits/routes.tsx';
import { type ShownSetting, settingsRoutes } from './settings.tsx';
import { signInRoutes } from './signIn.tsx';
import { signInHistoryRoutes } from './signIns.tsx';

export type AdminDependencies = BrowseDependencies & {
  readonly store: Pick<EventStore, 'count'>;
  readonly rebuilding: Rebuilding;
  /** Those in effect. */
  readonly settings: readonly ShownSetting[];
  readonly recruiting: RecruitingRule;
  readonly guard: Guard;
  readonly visitorOf: VisitorOf;
  readonly access: Pick<Access, 'origins' | 'session' | 'isSecure'>;
  readonly noteSignIn: NoteSignIn;
  /** Is the built-in marketplace here to be visited? */
  readonly hasMarketplace: boolean;
  /** Where a request came from, for throttling and the log. */
  readonly addressOf: (c: HonoContext) => string;
};

/** The door, and the pages behind it for operators alone. */
export function adminRoutes(deps: AdminDependencies): Hono {
  const behindTheDoor = { ...deps, guard: createAdminGuard(deps.guard, deps) };
  const routes = new Hono();
  routes.route('/', signInRoutes(deps));
  routes.route('/', homeRoutes(behindTheDoor));
  routes.route('/', protoHitRoutes(behindTheDoor));
  routes.route('/', newReservationRoutes(behindTheDoor));
  routes.route('/', keyRoutes(behindTheDoor));
  routes.route('/', projectionRoutes(behindTheDoor));
  routes.route('/', settingsRoutes(behindTheDoor));
  routes.route('/', browseRoutes(behindTheDoor));
  routes.route('/', operatorRoutes(behindTheDoor));
  routes.route('/', signInHistoryRoutes(behindTheDoor));
  routes.route('/', accountRoutes(behindTheDoor));
  return routes;
}
