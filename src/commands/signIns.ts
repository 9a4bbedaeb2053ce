import { streamOf } from '../domain/event.ts';
import { noteSignIn, noteSignOut, type OperatorEvent, type OperatorName } from '../domain/operator.ts';
import { operators } from './aggregates.ts';
import { type CommandResult, type Context, type Dependencies, settled } from './context.ts';
import { handleOne, nothingToTell } from './handle.ts';
import { operatorCommands } from './operators.ts';
import { hashPassword, isPassword } from './passwords.ts';
import { endSessionsOf, hashOfToken, newToken, type SignedIn, startSession } from './sessions.ts';

/** Refused sign-ins for one name, and from one address, before nobody may try for a while. */
const MOST_REFUSED = 10;
const REFUSED_MINUTES = 15;

/** The one-time token $1 is the last that was given out, and still opens. */
const IS_OPEN = 'token_hash = $1 and ends_at > now()';

/** What came of a password that somebody gave. */
type Checked =
  | { readonly type: 'right' }
  | { readonly type: 'refused' }
  | { readonly type: 'tooMany'; readonly minutes: number };

export type SignIn = { readonly type: 'signedIn'; readonly session: SignedIn } | Exclude<Checked, { type: 'right' }>;

type Tried = { readonly operator: OperatorName; readonly password: string; readonly from: string };

/** The door: operators sign in and out, and the first of them comes by a link. `from`: the address it came from. */
export function signInCommands(deps: Dependencies) {
  const { db } = deps;

  const tooMany = async (subjects: readonly string[]): Promise<boolean> => {
    const { rows } = await db.query<{ most: number | null }>(
      `select max(refused)::int as most from (
         select count(*) as refused from retainer.refused_sign_ins
         where subject = any($1) and refused_at > now() - interval '${REFUSED_MINUTES} minutes'
         group by subject
       ) counted`,
      [subjects],
    );
    return (rows[0]?.most ?? 0) >= MOST_REFUSED;
  };

  /** So that who guesses on writes one event for a name in that time, not one a try. */
  const isFirstThrottled = async ({ operator }: Tried): Promise<boolean> => {
    const { rowCount } = await db.query(
      `insert into retainer.refused_sign_ins (subject)
       select $1 where not exists (
         select from retainer.refused_sign_ins
         where subject = $1 and refused_at > now() - interval '${REFUSED_MINUTES} minutes'
       )`,
      [`throttled ${operator}`],
    );
    return rowCount === 1;
  };

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
    madeUp ??= hashPassword(newToken());
    return madeUp;
  };

  const check = async (context: Omit<Context, 'actor'>, tried: Tried): Promise<Checked> => {
    const subjects = [`name ${tried.operator}`, `address ${tried.from}`];
    if (await tooMany(subjects)) {
      if (await isFirstThrottled(tried)) await note(context, tried, 'OperatorSignInThrottled');
      return { type: 'tooMany', minutes: REFUSED_MINUTES };
    }
    const { rows } = await db.query<{ password: string }>('select password from retainer.operators where name = $1', [
      tried.operator,
    ]);
    const known = rows[0]?.password;
    if (await isPassword(tried.password, known ?? (await nobodysPassword()))) return { type: 'right' };
    await note(context, tried, 'OperatorSignInRefused');
    await db.query(
      `with old as (
         delete from retainer.refused_sign_ins where refused_at < now() - interval '${REFUSED_MINUTES} minutes'
       )
       insert into retainer.refused_sign_ins (subject) select unnest($1::text[])`,
      [subjects],
    );
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
      return { type: 'signedIn', session: await startSession(db, tried) };
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
            message: 'this link was used before, or a newer one was printed when the service started',
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
