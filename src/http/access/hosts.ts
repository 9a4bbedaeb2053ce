import { BlockList, isIP } from 'node:net';
import type { Context as HonoContext, MiddlewareHandler } from 'hono';
import { problem, send } from '../answers.ts';

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/** Whether a host of a URL or of a setting leads to this machine alone. */
export function isLoopback(host: string): boolean {
  const name = bare(host);
  const kind = isIP(name);
  return name === 'localhost' || (kind !== 0 && LOOPBACK.check(name, kind === 6 ? 'ipv6' : 'ipv4'));
}

/** Which names this service is asked by. */
export type Hosts = {
  /** It is one of ours. */
  readonly isOurs: (c: HonoContext) => boolean;
  /** It is this machine's own name for itself. */
  readonly isLoopback: (c: HonoContext) => boolean;
};

/**
 * `allowed`: names besides those that follow from the settings, `*.example.org` for all below one. A page whose name
 * its owner points at this machine (DNS rebinding) is told apart by nothing but the name, which the browser sends.
 */
export function createHosts({ publicUrl, allowed }: { publicUrl: () => string; allowed: readonly string[] }): Hosts {
  const names = new Set(allowed.map((host) => host.toLowerCase()));
  const isAllowed = (name: string): boolean =>
    names.has(name) || [...names].some((host) => host.startsWith('*.') && name.endsWith(host.slice(1)));
  return {
    isOurs: (c) => {
      const name = hostOf(c);
      return (
        name !== null &&
        (isLoopback(name) ||
          name === bare(new URL(publicUrl()).hostname) ||
          isAllowed(name) ||
          // Nobody else's name: the address that the connection was made to.
          name === addressHere(c))
      );
    },
    isLoopback: (c) => isLoopback(hostOf(c) ?? ''),
  };
}

/** Asked by machines that know a node by a name of their own, and told nothing that anybody minds. */
const PROBE = /^\/(?:retainer\/)?(?:healthz|readyz)\/?$/;

/** Refuses requests for a name that is not ours, before anything is read or done. */
export const ownHostsOnly =
  (hosts: Hosts): MiddlewareHandler =>
  async (c, next) => {
    if (hosts.isOurs(c) || PROBE.test(c.req.path)) return next();
    return send(
      c,
      problem(
        421,
        'this service is not known by the Host of this request: ask it by the host of PUBLIC_URL or by localhost, or ' +
          'add the name to ALLOWED_HOSTS',
      ),
    );
  };

/** The name in the `Host` header, as a browser would write it; null if it is none. */
function hostOf(c: HonoContext): string | null {
  const written = c.req.header('host');
  const url = written === undefined ? c.req.url : `http://${written}`;
  return URL.canParse(url) ? bare(new URL(url).hostname) : null;
}

function addressHere({ env }: HonoContext): string | undefined {
  const address: unknown = env?.incoming?.socket?.localAddress;
  return typeof address === 'string' ? bare(address) : undefined;
}

/** Without brackets, the dot at the end, and the prefix with which IPv6 sockets write IPv4 addresses. */
const bare = (host: string): string =>
  host
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '')
    .replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/, '');
