import { setTimeout as sleep } from 'node:timers/promises';
import { streamOf } from '../domain/event.ts';
import { noteSignIn, noteSignOut, type OperatorEvent, type OperatorName } from '../domain/operator.ts';
import { deviceOf, newDevice } from './access/devices.ts';
import { countTry, isFirstTurnedAway, takeBackTry, WINDOW_MINUTES } from './access/signInTries.ts';
import { operators } from './aggregates.ts';
import { type CommandResult, type Context, type Dependencies, settled } from './context.ts';
import { handleOne, nothingToTell } from './handle.ts';
import { operatorCommands } from './operators.ts';
import { hashPassword, isPassword, TooManyPasswords } from './passwords.ts';
import { endSessionsOf, hashOfToken, newToken, type SignedIn, startSession } from './sessions.ts';

/** In `DATA_DIR`: the first operator's link, of a service that was started without a terminal. */
export const FIRST_OPERATOR_FILE = 'first-operator-link.txt';

/** The one-time token $1 is the last that was given out, and still opens. */
const IS_OPEN = 'token_hash = $1 and ends_at > now()';

/** What came of a password that somebody gave. `busy`: too many are looked at on this node; try again in a moment. */
type Checked =
  | { readonly type: 'right' }
  | { readonly type: 'refused' }
  | { readonly type: 'busy' }
  | { readonly type: 'tooMany'; readonly minutes: number };

export type SignIn =
  | { readonly type: 'signedIn'; readonly session: SignedIn; readonly device: string }
  | Exclude<Checked, { type: 'right' }>;

type Tried = {
  readonly operator: OperatorName;
  readonly password: string;
  readonly from: string;
  /** What the browser keeps of an earlier sign-in on this device. */
  readonly device?: string | undefined;
};

/** More tries than these wait on this node until it is their turn; others are told to come again. */
const MOST_SLOWED_DOWN = 50;

/** Operators sign in and out, and the first of them comes by a link. `from`: the address it came from. */
export function signInCommands(deps: Dependencies) {
  const { db } = deps;
  let slowedDown = 0;

  const note = (context: Omit<Context, 'actor'>, { operator, from }: Tried, type: NotedType) =>
    handleOne(
      deps,
      { ...context, actor: `operator:${operator}` },
      operators,
      streamOf.operator(operator),
      (state, at) => noteSignIn(state, type, { from, at }),
      nothingToTell,
    );

  // Checked for names that nobody has, which then takes as long as for the others.
  let madeUp: Promise<string> | undefined;
  const nobodysPassword = (): Promise<string> => {
    madeUp ??= hashPassword(newToken()).catch((error: unknown) => {
      madeUp = undefined;
      throw error;
    });
    return madeUp;
  };

  const slowDown = async (ms: number): Promise<'slowed' | 'busy'> => {
    if (slowedDown >= MOST_SLOWED_DOWN) return 'busy';
    slowedDown++;
    await sleep(ms).finally(() => slowedDown--);
    return 'slowed';
  };

  const check = async (context: Omit<Context, 'actor'>, tried: Tried): Promise<Checked> => {
    const { operator, from } = tried;
    const trier = { operator, from, device: await deviceOf(db, operator, tried.device) };
    const counted = await countTry(db, trier);
    if (counted.type === 'tooMany') {
      if (await isFirstTurnedAway(db, operator)) await note(context, tried, 'OperatorSignInThrottled');
      return { type: 'tooMany', minutes: WINDOW_MINUTES };
    }
    if (counted.waitMs > 0 && (await slowDown(counted.waitMs)) === 'busy') return { type: 'busy' };
    const { rows } = await db.query<{ password: string }>('select password from retainer.operators where name = $1', [
      operator,
    ]);
    try {
      if (await isPassword(tried.password, rows[0]?.password ?? (await nobodysPassword()))) {
        await takeBackTry(db, trier);
        return { type: 'right' };
      }
    } catch (error) {
      if (error instanceof TooManyPasswords) return { type: 'busy' };
      throw error;
    }
    await note(context, tried, 'OperatorSignInRefused');
    return { type: 'refused' };
  };

  return {
    /**
     * Every try is in the log, but those for a name that nobody has: it may be a password in the wrong field. Of those
     * that are not even looked at, the first.
     */
    signIn: async (context: Omit<Context, 'actor'>, tried: Tried): Promise<SignIn> => {
      const checked = await check(context, tried);
      if (checked.type !== 'right') return checked;
      await settled(deps, await note(context, tried, 'OperatorSignedIn'));
      return {
        type: 'signedIn',
        session: await startSession(db, tried),
        device: await newDevice(db, tried.operator),
      };
    },

    /** Who is signed in shows that they are still who they were. Wrong passwords count as refused sign-ins. */
    checkPassword: check,

    signOut: async (
      context: Context,
      { operator, token }: { operator: OperatorName; token: string },
    ): Promise<void> => {
      await db.query('delete from retainer.sessions where token_hash = $1', [hashOfToken(token)]);
      await noteSignedOut(deps, context, operator);
    },

    /** Ends an operator's sessions but the one of `keep`; answers how many there were. */
    endSessions: async (
      context: Context,
      { operator, keep }: { operator: OperatorName; keep: string },
    ): Promise<number> => {
      const ended = await endSessionsOf(db, operator, { keep });
      if (ended > 0) await noteSignedOut(deps, context, operator);
      return ended;
    },

    /** Whether anybody may sign in at all. */
    hasOperators: async (): Promise<boolean> => {
      const { rowCount } = await db.query('select from retainer.operators limit 1');
      return rowCount === 1;
    },

    /** A new one-time token for the first operator; null when there is an operator. An older one opens nothing more. */
    inviteFirstOperator: async (): Promise<string | null> => {
      const token = newToken();
      const { rowCount } = await db.query(
        `insert into retainer.first_operator (token_hash, ends_at)
         select $1, now() + interval '1 day' where not exists (select from retainer.operators)
         on conflict (singleton) do update set token_hash = excluded.token_hash, ends_at = excluded.ends_at`,
        [hashOfToken(token)],
      );
      return rowCount === 0 ? null : token;
    },

    /** Whether a one-time token would be taken now. */
    isInvitation: async (token: string): Promise<boolean> => {
      const { rowCount } = await db.query(`select from retainer.first_operator where ${IS_OPEN}`, [hashOfToken(token)]);
      return rowCount === 1;
    },

    /** Adds the first operator by the one-time token, and signs them in. */
    acceptInvitation: async (
      context: Omit<Context, 'actor'>,
      { token, ...first }: Tried & { token: string },
    ): Promise<CommandResult<SignedIn>> => {
      const { rowCount } = await db.query(`delete from retainer.first_operator where ${IS_OPEN}`, [hashOfToken(token)]);
      if (rowCount === 0)
        return {
          type: 'refused',
          refusal: {
            kind: 'conflict',
            message: 'this link was used before, or a newer one was made when the service started',
          },
        };
      const added = await operatorCommands(deps).addOperator(
        { ...context, actor: `operator:${first.operator}` },
        first,
      );
      if (added.type === 'refused') return added;
      await settled(deps, await note(context, first, 'OperatorSignedIn'));
      return { ...added, value: await startSession(db, first) };
    },
  };
}

type NotedType = Extract<
  OperatorEvent['type'],
  'OperatorSignedIn' | 'OperatorSignInRefused' | 'OperatorSignInThrottled'
>;

const noteSignedOut = async (deps: Dependencies, context: Context, operator: OperatorName) =>
  settled(
    deps,
    await handleOne(
      deps,
      context,
      operators,
      streamOf.operator(operator),
      (state, at) => noteSignOut(state, { at }),
      nothingToTell,
    ),
  );
