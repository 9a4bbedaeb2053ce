import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Session } from '../../domain/assignment.ts';
import type { AssignmentId } from '../../domain/ids.ts';
import type { Database } from '../../postgres/pool.ts';
import { sharedSecret } from '../../postgres/sharedSecret.ts';

/** Bytes of a token: nobody guesses these. */
const TOKEN_BYTES = 24;

export type Tokens = {
  /** The token of an assignment: the same on every node, for ever. An assignment belongs to one worker and one HIT. */
  readonly tokenOf: (id: AssignmentId) => Promise<string>;
  /** What a request shows for itself; `given` is its `token` parameter. One that is wrong asks for the right one. */
  readonly sessionOf: (id: AssignmentId, given: string | undefined) => Promise<Session>;
};

/** Signs workers' sessions, with a secret that all nodes share. It is read once, so a request costs one hash. */
export function createTokens(db: Database): Tokens {
  let secret: Promise<Buffer> | null = null;
  const known = (): Promise<Buffer> => {
    secret ??= sharedSecret(db).catch((error: unknown) => {
      secret = null;
      throw error;
    });
    return secret;
  };
  const sign = async (id: AssignmentId): Promise<Buffer> =>
    createHmac('sha256', await known())
      .update(id)
      .digest()
      .subarray(0, TOKEN_BYTES);
  return {
    tokenOf: async (id) => (await sign(id)).toString('base64url'),
    sessionOf: async (id, given) => {
      if (given === undefined) return 'unsigned';
      const shown = Buffer.from(given, 'base64url');
      return shown.length === TOKEN_BYTES && timingSafeEqual(shown, await sign(id)) ? 'signed' : 'asks';
    },
  };
}
