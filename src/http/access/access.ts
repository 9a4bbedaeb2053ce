import type { Context as HonoContext } from 'hono';
import type { Database } from '../../postgres/pool.ts';
import { createHosts, type Hosts } from './hosts.ts';
import { createOpenness } from './openness.ts';
import { createOrigins, type Origins } from './origins.ts';
import { createSessionCookie, type SessionCookie } from './session.ts';

/** `forwarded`: it came from another machine. `elsewhere`: a browser sent it from a page that is not ours. */
export type Objection = 'forwarded' | 'elsewhere';

/** Who may come without a key, and by which name. */
export type Access = {
  readonly hosts: Hosts;
  readonly origins: Origins;
  readonly session: SessionCookie;
  /** Others reach the service by https. */
  readonly isSecure: () => boolean;
  /** No key was ever issued and no operator ever added: who comes without either may be let in. */
  readonly isOpen: () => Promise<boolean>;
  /** How far it is open, while it is: to programs and people on this machine, or to whoever reaches it. */
  readonly openTo: 'this machine' | 'everybody';
  /** Why a service that is open does not serve this request all the same; null: it does. */
  readonly objection: (c: HonoContext) => Objection | null;
};

/**
 * `openApi`: the operator wants the service to be open to whoever reaches it. Otherwise it is open to this machine
 * alone: what a proxy passed on, or what came by a public name, may be from anybody.
 */
export function createAccess({
  db,
  publicUrl,
  openApi,
  allowedHosts = [],
  allowedOrigins = [],
}: {
  db: Pick<Database, 'query'>;
  publicUrl: () => string;
  openApi: boolean;
  allowedHosts?: readonly string[] | undefined;
  allowedOrigins?: readonly string[] | undefined;
}): Access {
  const hosts = createHosts({ publicUrl, allowed: allowedHosts });
  const origins = createOrigins({ publicUrl, allowed: allowedOrigins });
  const isSecure = (): boolean => publicUrl().startsWith('https:');
  const isForwarded = (c: HonoContext): boolean =>
    c.req.header('forwarded') !== undefined || c.req.header('x-forwarded-for') !== undefined || !hosts.isLoopback(c);
  return {
    hosts,
    origins,
    session: createSessionCookie(isSecure),
    isSecure,
    isOpen: createOpenness(db),
    openTo: openApi ? 'everybody' : 'this machine',
    objection: (c) => {
      if (!openApi && isForwarded(c)) return 'forwarded';
      return origins.isFromKnownPages(c) ? null : 'elsewhere';
    },
  };
}
