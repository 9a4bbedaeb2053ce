import { createHmac, timingSafeEqual } from 'node:crypto';
import type { AssignmentId } from '../../domain/ids.ts';
import type { Session } from '../../domain/session.ts';
import type { Database } from '../../postgres/pool.ts';
import { sharedSecret } from '../../postgres/sharedSecret.ts';

/** Bytes of a token: nobody guesses these. */
const TOKEN_BYTES = 24;
/** `HASH` of the first generation, as all were once; then `1.HASH`, `2.HASH` … */
const SHAPE = /^(?:([1-9]\d{0,8})\.)?([\w-]{32})$/;

export type Tokens = {
  /** The token of an assignment's generation: the same on every node, for ever. Whether it still counts is not for it to say. */
  readonly tokenOf: (id: AssignmentId, generation: number) => Promise<string>;
  /** What a request shows for itself; `given` is its `token` parameter. One that we never gave asks for the right one. */
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
  // No id holds a slash: no generation of one assignment is signed like another assignment's first.
  const sign = async (id: AssignmentId, generation: number): Promise<Buffer> =>
    createHmac('sha256', await known())
      .update(generation === 0 ? id : `${id}/${generation}`)
      .digest()
      .subarray(0, TOKEN_BYTES);
  return {
    tokenOf: async (id, generation) => {
      const hash = (await sign(id, generation)).toString('base64url');
      return generation === 0 ? hash : `${generation}.${hash}`;
    },
    sessionOf: async (id, given) => {
      if (given === undefined) return 'unsigned';
      const [, generation = '0', hash = ''] = SHAPE.exec(given) ?? [];
      const session = { generation: Number(generation) };
      const shown = Buffer.from(hash, 'base64url');
      return shown.length === TOKEN_BYTES && timingSafeEqual(shown, await sign(id, session.generation))
        ? session
        : 'asks';
    },
  };
}
