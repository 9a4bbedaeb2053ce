import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { z } from 'zod';
import type { Seal } from '../../event-store/audit.ts';
import type { Position } from '../../event-store/port.ts';

/** A seal with a time and a signature, as an auditor keeps it. */
const Document = z.object({
  log: z.literal('retainer'),
  position: z.string().transform((position) => position as Position),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  events: z.int().nonnegative(),
  pruned: z.int().nonnegative(),
  /** ISO 8601, UTC. */
  at: z.iso.datetime(),
  /** Ed25519, SubjectPublicKeyInfo in base64. */
  publicKey: z.string(),
  /** Over the JSON text of all the others, in this order, in base64 (RFC 8032). */
  signature: z.string(),
});
export type Checkpoint = z.infer<typeof Document>;

const signedText = ({ log, position, hash, events, pruned, at, publicKey }: Omit<Checkpoint, 'signature'>): Buffer =>
  Buffer.from(JSON.stringify({ log, position, hash, events, pruned, at, publicKey }));

/** `privateKey`: PEM. */
export function signCheckpoint(seal: Seal, at: Date, privateKey: string): Checkpoint {
  const key = createPrivateKey(privateKey);
  const publicKey = createPublicKey(key).export({ type: 'spki', format: 'der' }).toString('base64');
  const unsigned = { log: 'retainer', ...seal, at: at.toISOString(), publicKey } as const;
  return { ...unsigned, signature: sign(null, signedText(unsigned), key).toString('base64') };
}

/** Reads a checkpoint and checks its signature; else says why it is none. */
export function readCheckpoint(
  text: string,
): { type: 'checkpoint'; checkpoint: Checkpoint } | { type: 'bad'; reason: string } {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { type: 'bad', reason: 'it is not JSON' };
  }
  const parsed = Document.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return { type: 'bad', reason: `${issue?.path.join('.') || 'it'}: ${issue?.message}` };
  }
  const key = publicKeyOf(parsed.data.publicKey);
  const isSigned =
    key !== null && verify(null, signedText(parsed.data), key, Buffer.from(parsed.data.signature, 'base64'));
  return isSigned
    ? { type: 'checkpoint', checkpoint: parsed.data }
    : { type: 'bad', reason: 'its signature does not fit: it is not what was printed' };
}

function publicKeyOf(base64: string): KeyObject | null {
  try {
    return createPublicKey({ key: Buffer.from(base64, 'base64'), type: 'spki', format: 'der' });
  } catch {
    return null;
  }
}
