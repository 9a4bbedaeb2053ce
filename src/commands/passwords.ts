import { hash, verify } from '@node-rs/argon2';
import pLimit from 'p-limit';
import { z } from 'zod';

/** A passphrase of this length is out of a guesser's reach at the rate that sign-ins allow. */
export const Password = z.string().min(10).max(256);

/** Argon2id (2, in the library's numbers) as OWASP's Password Storage Cheat Sheet has it first: 19 MiB, 2 passes, 1 lane. */
const PARAMETERS = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1, outputLen: 32 } as const;

/** Hashes at once, each on a thread of its own beside the event loop, and how many more may wait for them. */
const AT_ONCE = 2;
const MOST_WAITING = 8;
const limit = pLimit(AT_ONCE);

/** More passwords wait to be hashed than this node takes: try again in a moment. */
export class TooManyPasswords extends Error {
  override readonly name = 'TooManyPasswords';
}

/** Memory and processors are bounded, whoever asks and however often. */
function bounded<Value>(work: () => Promise<Value>): Promise<Value> {
  if (limit.pendingCount >= MOST_WAITING) return Promise.reject(new TooManyPasswords('too many passwords wait'));
  return limit(work);
}

/**
 * Returns the password's hash with its salt and parameters, as text (PHC string format). Takes about 50 ms off the main
 * thread. Rejects with `TooManyPasswords` when too many wait.
 */
export const hashPassword = (password: string): Promise<string> => bounded(() => hash(password, PARAMETERS));

/** Returns whether it is the password of a hash. Rejects with `TooManyPasswords` when too many wait. */
export const isPassword = (password: string, hashed: string): Promise<boolean> =>
  bounded(() => verify(hashed, password));
