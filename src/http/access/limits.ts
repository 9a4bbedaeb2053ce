import type { Context as HonoContext, MiddlewareHandler } from 'hono';
import { addressGroup } from '../../commands/access/addressGroup.ts';
import type { AddressOf } from '../addressOf.ts';
import { problem, send } from '../answers.ts';
import { createBuckets, createPlaces } from './buckets.ts';
import { isLoopback } from './hosts.ts';

/** How many times as many as in a second an address may send at once. */
const BURST = 10;
/** Polls that an address may have held for assignments that nobody has heard of. */
const MOST_UNKNOWN = 20;

/** What one address may take of a node. This machine itself, and whom nobody knows, are not counted. */
export type AddressLimits = {
  /** One more request is too many; one that costs as much as several counts as those. */
  readonly isFlood: (c: HonoContext, cost?: number) => boolean;
  /** Null: it holds as many streams and polls as it may; else what is called when this one ends. */
  readonly takePlace: (c: HonoContext) => (() => void) | null;
  readonly takeUnknown: (c: HonoContext) => (() => void) | null;
};

export function createAddressLimits({
  addressOf,
  requestsPerSecond,
  listeners,
}: {
  addressOf: AddressOf;
  /** 0: as many as it likes. */
  requestsPerSecond: number;
  listeners: number;
}): AddressLimits {
  const isTooMany = createBuckets({ capacity: BURST * requestsPerSecond, perSecond: requestsPerSecond });
  const [places, unknown] = [createPlaces(listeners), createPlaces(MOST_UNKNOWN)];
  const keyOf = (c: HonoContext): string | null => {
    const address = addressOf(c);
    return address === undefined || isLoopback(address) ? null : addressGroup(address);
  };
  const take = (from: typeof places) => (c: HonoContext) => {
    const key = keyOf(c);
    return key === null ? () => {} : from(key);
  };
  return {
    isFlood: (c, cost = 1) => {
      const key = requestsPerSecond === 0 ? null : keyOf(c);
      return key !== null && isTooMany(key, cost);
    },
    takePlace: take(places),
    takeUnknown: take(unknown),
  };
}

/** What costs a dozen queries, or a hash that is meant to be slow. */
const DEAR = /^\/(?:retainer\/)?(?:metrics|readyz|admin\/(?:first|sign-in))\/?$/;
const DEAR_COST = 10;

/** Refuses an address that sends more than it may, before anything is read or looked up. */
export const limitAddresses =
  ({ isFlood }: Pick<AddressLimits, 'isFlood'>): MiddlewareHandler =>
  async (c, next) =>
    isFlood(c, DEAR.test(c.req.path) ? DEAR_COST : 1)
      ? send(c, problem(429, 'too many requests from this address', { headers: { 'Retry-After': '1' } }))
      : next();
