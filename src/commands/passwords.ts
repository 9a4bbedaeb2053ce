import { randomBytes } from 'node:crypto';
import { argon2id, argon2Verify } from 'hash-wasm';
import { z } from 'zod';

/** A passphrase of this length is out of a guesser's reach at the rate that sign-ins allow. */
export const Password = z.string().min(10).max(256);

/** Argon2id with the parameters OWASP's Password Storage Cheat Sheet names first: 19 MiB, 2 passes, 1 lane. */
const PARAMETERS = { memorySize: 19_456, iterations: 2, parallelism: 1, hashLength: 32 } as const;
const SALT_BYTES = 16;

/** The password's hash with its salt and parameters, as text (PHC string format). About 50 ms. */
export const hashPassword = (password: string): Promise<string> =>
  argon2id({ password, salt: randomBytes(SALT_BYTES), ...PARAMETERS, outputType: 'encoded' });

export const isPassword = (password: string, hash: string): Promise<boolean> => argon2Verify({ password, hash });
