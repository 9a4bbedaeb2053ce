import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { z } from 'zod';
import type { Seal } from '../../event-store/audit.ts';
import type { Position } from '../../event-store/port.ts';

/** A seal with a time and a signature, as an auditor keeps it. */
const Document = z.object({
  log: z.literal('retainer'),
  position: z
    .string()
    .regex(/^\d{1,19}$/)
    .transform((position) => position as Position),
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

/** `privateKey`: PEM. Throws if it is no Ed25519 key. */
export function signCheckpoint(seal: Seal, at: Date, privateKey: string): Checkpoint {
  const key = privateKeyOf(privateKey);
  const publicKey = createPublicKey(key).export({ type: 'spki', format: 'der' }).toString('base64');
  const unsigned = { log: 'retainer', ...seal, at: at.toISOString(), publicKey } as const;
  return { ...unsigned, signature: sign(null, signedText(unsigned), key).toString('base64') };
}

/** Reads a checkpoint and checks its signature, which has to be by `signedBy` if that is given; else says why it is none. */
export function readCheckpoint(
  text: string,
  signedBy: string | null = null,
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
  if (!isSigned) return { type: 'bad', reason: 'its signature does not fit: it is not what was printed' };
  if (signedBy !== null && signedBy !== parsed.data.publicKey)
    return { type: 'bad', reason: `it is signed by another key, ${parsed.data.publicKey}` };
  return { type: 'checkpoint', checkpoint: parsed.data };
}

function privateKeyOf(pem: string): KeyObject {
  const wanted = 'CHECKPOINT_KEY_FILE has to hold an Ed25519 private key as PEM';
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch (error) {
    throw new Error(`${wanted}, and what it holds is none`, { cause: error });
  }
  if (key.asymmetricKeyType !== 'ed25519') throw new Error(`${wanted}, not one of type ${key.asymmetricKeyType}`);
  return key;
}

function publicKeyOf(base64: string): KeyObject | null {
  try {
    const key = createPublicKey({ key: Buffer.from(base64, 'base64'), type: 'spki', format: 'der' });
    return key.asymmetricKeyType === 'ed25519' ? key : null;
  } catch {
    return null;
  }
}
