import { isIPv6 } from 'node:net';

/** Where nobody knows an address: what is counted by address is not counted then, or all would share one. */
export const UNKNOWN_ADDRESS = 'unknown';

/**
 * Whom an address stands for where tries are counted: an IPv6 address is one of 2^64 that one customer has, so its first
 * half counts; anything else counts as it is.
 */
export function addressGroup(address: string): string {
  if (!isIPv6(address)) return address;
  const { hostname } = new URL(`http://[${address}]`);
  const [head = '', tail] = hostname.slice(1, -1).split('::');
  const front = head === '' ? [] : head.split(':');
  const back = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : 8 - front.length - back.length;
  return `${[...front, ...Array<string>(zeros).fill('0'), ...back].slice(0, 4).join(':')}::/64`;
}
