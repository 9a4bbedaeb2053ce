import type { Position } from '../port.ts';

/** Wide enough for every bigint, so that positions compare as strings. */
const DIGITS = 19;

export const toPosition = (value: string | number): Position => String(value).padStart(DIGITS, '0') as Position;

/** `BEGINNING` is position 0. */
export const fromPosition = (position: Position): string => (position === '' ? '0' : String(BigInt(position)));
