import type { Instant } from '../domain/ids.ts';
import type { Position } from './port.ts';

/** What the log adds up to at a place: whoever keeps it can tell later whether the log since only grew. */
export type Seal = {
  readonly position: Position;
  /** Over the whole log up to there, in hexadecimal (SHA-256). */
  readonly hash: string;
  /** Events up to there that the log holds, and that retention took away. */
  readonly events: number;
  readonly pruned: number;
};

/** What retention took away. `seal` says how many. */
export type Pruned = {
  readonly first: Position;
  readonly last: Position;
  /** When the youngest of those that are proven was recorded; null if none is. */
  readonly until: Instant | null;
  /** Events of which nothing was left when they were pruned, so that nobody can tell what they were. */
  readonly unproven: number;
};

/** The first thing in the log that is not as it was written. */
export type Misfit = {
  readonly position: Position;
  /** Null where it is not one event but the seal over many. */
  readonly event: { readonly stream: string; readonly revision: number; readonly type: string } | null;
  readonly what: string;
};

export type Verification =
  | {
      readonly type: 'fits';
      readonly seal: Seal;
      /** Null if nothing was pruned. */
      readonly pruned: Pruned | null;
    }
  | { readonly type: 'misfit'; readonly misfit: Misfit };

/** A log that can prove that it is as it was written. */
export type Audit = {
  /** The seal at the end of the log; null while it is empty. Trusts what is stored: `verify` does not. */
  readonly seal: () => Promise<Seal | null>;
  /**
   * Computes every hash anew, from the beginning to where the log ended when it was called, looks whether every
   * stream's revisions follow on each other, and stops at the first misfit. `against`: an older seal, which has to lie
   * on the way.
   */
  readonly verify: (options?: {
    readonly against?: Pick<Seal, 'position' | 'hash'> | undefined;
    readonly onProgress?: ((progress: { readonly done: number; readonly total: number }) => void) | undefined;
    readonly signal?: AbortSignal | undefined;
  }) => Promise<Verification>;
};
