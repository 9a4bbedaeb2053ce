import { createHash } from 'node:crypto';
import { VERSION } from './claims.ts';

/**
 * Returns a hash of what a request asks for: its parameters as they were understood. So it is the same however they
 * were written: form or JSON, a number or its text, members in any order, an id in capitals.
 */
export const fingerprintOf = (parameters: Readonly<Record<string, unknown>>): string =>
  VERSION +
  createHash('sha256')
    .update(JSON.stringify(inOrder(parameters)))
    .digest('hex');

/** The same value with the members of every object in one order. */
function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder);
  if (typeof value !== 'object' || value === null) return value;
  // As pairs: an object would put names that read as numbers first, and take one called __proto__ for its prototype.
  return Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([name, member]) => [name, inOrder(member)]);
}
