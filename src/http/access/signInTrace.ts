import type { Context as HonoContext } from 'hono';
import type { Logger } from 'pino';
import type { SignIn } from '../../commands/signIns.ts';
import type { AddressOf } from '../addressOf.ts';

export const SIGN_IN_OUTCOMES = ['done', 'refused', 'throttled', 'busy'] as const;
export type SignInOutcome = (typeof SIGN_IN_OUTCOMES)[number];

/** Leaves a trace of a sign-in, or of a password that was asked for again. */
export type NoteSignIn = (c: HonoContext, came: SignIn['type']) => void;

const OUTCOMES = {
  signedIn: 'done',
  refused: 'refused',
  tooMany: 'throttled',
  busy: 'busy',
} as const satisfies Record<SignIn['type'], SignInOutcome>;

/**
 * Counts sign-ins, and warns of those that came to nothing. The log of events has guesses at operators' passwords
 * alone: a guess at a name that nobody has would leave no trace there. The name is not logged either, for it may be a
 * password in the wrong field, nor, unless asked for, the address.
 */
export const signInTrace =
  ({
    log,
    counted,
    addressOf,
    logPersonalData,
  }: {
    log: Pick<Logger, 'warn'>;
    counted: (outcome: SignInOutcome) => void;
    addressOf: AddressOf;
    logPersonalData: boolean;
  }): NoteSignIn =>
  (c, came) => {
    const outcome = OUTCOMES[came];
    counted(outcome);
    if (outcome === 'done') return;
    log.warn(
      { requestId: c.get('requestId'), outcome, ...(logPersonalData ? { ip: addressOf(c) } : {}) },
      'a sign-in was refused',
    );
  };
