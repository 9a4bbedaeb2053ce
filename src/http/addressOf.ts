import { BlockList, isIP } from 'node:net';
import { getConnInfo } from '@hono/node-server/conninfo';
import type { Context as HonoContext } from 'hono';

/** Whom a request came from; undefined without a socket. */
export type AddressOf = (c: HonoContext) => string | undefined;

/**
 * `trusted`: addresses and networks (`10.0.0.0/8`) of proxies of ours. What such a one says of whom it speaks for
 * (X-Forwarded-For, from the right) is believed, up to the first hop that is none of them: what stands before it
 * anybody may have written. A hop that is no address ends it as well.
 */
export function createAddressOf(trusted: readonly string[]): AddressOf {
  const ours = new BlockList();
  for (const written of trusted) {
    const [address = '', length] = written.split('/');
    if (length === undefined) ours.addAddress(address, familyOf(address));
    else ours.addSubnet(address, Number(length), familyOf(address));
  }
  return (c) => {
    const socket = c.env !== undefined && 'incoming' in c.env ? getConnInfo(c).remote.address : undefined;
    if (socket === undefined || trusted.length === 0) return socket;
    const hops = (c.req.header('x-forwarded-for') ?? '').split(',').map((hop) => hop.trim());
    let address = socket;
    while (ours.check(address, familyOf(address))) {
      const hop = hops.pop() ?? '';
      if (isIP(hop) === 0) break;
      address = hop;
    }
    return address;
  };
}

const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 6 ? 'ipv6' : 'ipv4');

/** Whether it is an address, or a network as `10.0.0.0/8`. */
export function isAddressOrNetwork(written: string): boolean {
  const [address = '', length, ...more] = written.split('/');
  const bits = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1;
  return bits > 0 && more.length === 0 && (length === undefined || (/^\d+$/.test(length) && Number(length) <= bits));
}
