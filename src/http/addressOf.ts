import { BlockList, isIP, SocketAddress } from 'node:net';
import { getConnInfo } from '@hono/node-server/conninfo';
import type { Context as HonoContext } from 'hono';
import type { Logger } from 'pino';

/** Whom a request came from; undefined without a socket, and where a proxy of ours does not say. */
export type AddressOf = (c: HonoContext) => string | undefined;

/**
 * `trusted`: addresses and networks (`10.0.0.0/8`) of proxies of ours. What such a one says of whom it speaks for
 * (X-Forwarded-For, from the right) is believed, up to the first hop that is none of them: what stands before it
 * anybody may have written. A proxy's own address is nobody's: where it says nothing that can be read, nobody is known,
 * and `unreadable` hears what it said.
 */
export function createAddressOf(
  trusted: readonly string[],
  unreadable: (hop: string, proxy: string) => void = () => {},
): AddressOf {
  const ours = new BlockList();
  for (const written of trusted) {
    const [address = '', length] = written.split('/');
    if (length === undefined) ours.addAddress(address, familyOf(address));
    else ours.addSubnet(address, Number(length), familyOf(address));
  }
  return (c) => {
    const socket = c.env !== undefined && 'incoming' in c.env ? getConnInfo(c).remote.address : undefined;
    if (socket === undefined) return undefined;
    let address = withoutMapping(socket);
    if (trusted.length === 0) return address;
    const hops = (c.req.header('x-forwarded-for') ?? '').split(',').map((hop) => hop.trim());
    while (ours.check(address, familyOf(address))) {
      const hop = hops.pop() ?? '';
      const next = addressIn(hop);
      if (next === undefined) {
        if (hop !== '') unreadable(hop.slice(0, 100), address);
        return undefined;
      }
      address = next;
    }
    return address;
  };
}

/** Warns of the first hop that cannot be read, and of no other. */
export function warnedOnce(log: Pick<Logger, 'warn'>): (hop: string, proxy: string) => void {
  let isTold = false;
  return (hop, proxy) => {
    if (!isTold) log.warn({ hop, proxy }, 'a trusted proxy names no address in X-Forwarded-For: nobody is known by it');
    isTold = true;
  };
}

/** The address in a hop, as one writes it by itself: some proxies add the port, some systems the name of an interface. */
export function addressIn(hop: string): string | undefined {
  const [written = ''] = (/^\[(.+)\](?::\d+)?$/.exec(hop)?.[1] ?? /^([\d.]+):\d+$/.exec(hop)?.[1] ?? hop).split('%');
  const kind = isIP(written);
  if (kind === 0) return undefined;
  return kind === 4 ? written : withoutMapping(new SocketAddress({ address: written, family: 'ipv6' }).address);
}

/** IPv6 sockets write IPv4 addresses in a way of their own. */
const withoutMapping = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, '');

const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 6 ? 'ipv6' : 'ipv4');

/** Whether it is an address, or a network as `10.0.0.0/8`. */
export function isAddressOrNetwork(written: string): boolean {
  const [address = '', length, ...more] = written.split('/');
  const bits = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1;
  return bits > 0 && more.length === 0 && (length === undefined || (/^\d+$/.test(length) && Number(length) <= bits));
}
