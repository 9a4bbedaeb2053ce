import type { Position as LogPosition } from '@kurrent/kurrentdb-client';
import { BEGINNING, type Position } from '../port.ts';

/** Wide enough for an unsigned 64-bit number, so that positions compare as strings. */
const DIGITS = 20;

/** Events of one transaction may share a commit position; the prepare position then tells them apart. */
export const toPosition = ({ commit, prepare }: LogPosition): Position =>
  `${String(commit).padStart(DIGITS, '0')}-${String(prepare).padStart(DIGITS, '0')}` as Position;

/** Null for `BEGINNING`. */
export function fromPosition(position: Position): LogPosition | null {
  if (position === BEGINNING) return null;
  const [commit = '0', prepare = commit] = position.split('-');
  return { commit: BigInt(commit), prepare: BigInt(prepare) };
}
