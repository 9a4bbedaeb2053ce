import { createHash, randomBytes } from 'node:crypto';
import { streamOf } from '../domain/event.ts';
import type { Instant } from '../domain/ids.ts';
import {
  addOperator,
  changePassword,
  noteSignIn,
  noteSignOut,
  type OperatorName,
  removeOperator,
} from '../domain/operator.ts';
import { operators } from './aggregates.ts';
import { type CommandResult, type Context, type Dependencies, settled } from './context.ts';
import { handleOne, nothingToTell } from './handle.ts';
import { hashPassword, isPassword } from './passwords.ts';

/** Refused sign-ins for one name, and from one address, before nobody may try for a while. */
const MOST_REFUSED = 10;
const REFUSED_MINUTES = 15;
const SESSION_HOURS = 12;

/** Tokens are 256 random bits: a plain SHA-256 of them cannot be searched backwards. */
export const hashOfToken = (token: string): Buffer => createHash('sha256').update(token).digest();

export const newToken = (): string => randomBytes(32).toString('base64url');

/** A session, to its owner alone: the token for the cookie. */
export type SignedIn = { readonly token: string; readonly endsAt: Instant };

export type SignIn =
  | { readonly type: 'signedIn'; readonly session: SignedIn }
  | { readonly type: 'refused' }
  | { readonly type: 'tooMany'; readonly minutes: number };

/** Operators and their sessions. `retainer.operators` and `retainer.sessions` alone decide who is let in. */
export function operatorCommands(deps: Dependencies) {
  const { db, clock } = deps;

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

  const startSession = async (operator: OperatorName): Promise<SignedIn> => {
    const token = newToken();
    const { rows } = await db.query<{ ends_at: Date }>(
      `with gone as (delete from retainer.sessions where ends_at < now())
       insert into retainer.sessions (token_hash, operator, csrf, ends_at)
       values ($1, $2, $3, now() + interval '${SESSION_HOURS} hours')
       returning ends_at`,
      [hashOfToken(token), operator, newToken()],
    );
    return { token, endsAt: rows[0]?.ends_at.getTime() ?? clock() };
  };

  // Checked for names that nobody has, which then takes as long as for the others.
  let madeUp: Promise<string> | undefined;
  const nobodysPassword = (): Promise<string> => {
    madeUp ??= hashPassword(newToken());
    return madeUp;
  };

  return {
    addOperator: async (
      context: Context,
      { operator, password }: { operator: OperatorName; password: string },
    ): Promise<CommandResult<null>> => {
      const hash = await hashPassword(password);
      const result = await handleOne(
        deps,
        context,
        operators,
        streamOf.operator(operator),
        (state, at) => addOperator(state, { operator, at }),
        nothingToTell,
      );
      // After the event: a crash in between leaves somebody who cannot sign in, never one whom nobody added.
      if (result.type === 'done') {
        await db.query(
          `insert into retainer.operators (name, password) values ($1, $2)
           on conflict (name) do update set password = excluded.password`,
          [operator, hash],
        );
        await db.query('delete from retainer.first_operator');
      }
      return settled(deps, result);
    },

    /** Ends all their sessions, too. */
    changeOperatorPassword: async (
      context: Context,
      { operator, password }: { operator: OperatorName; password: string },
    ): Promise<CommandResult<null>> => {
      const hash = await hashPassword(password);
      const result = await handleOne(
        deps,
        context,
        operators,
        streamOf.operator(operator),
        (state, at) => changePassword(state, { at }),
        nothingToTell,
      );
      if (result.type === 'done')
        await db.query(
          `with ended as (delete from retainer.sessions where operator = $1)
           insert into retainer.operators (name, password) values ($1, $2)
           on conflict (name) do update set password = excluded.password`,
          [operator, hash],
        );
      return settled(deps, result);
    },

    removeOperator: async (
      context: Context,
      { operator }: { operator: OperatorName },
    ): Promise<CommandResult<null>> => {
      // Before the event: once an operator sees "removed", no node lets them in.
      await db.query('delete from retainer.operators where name = $1', [operator]);
      return settled(
        deps,
        await handleOne(
          deps,
          context,
          operators,
          streamOf.operator(operator),
          (state, at) => removeOperator(state, { at }),
          nothingToTell,
        ),
      );
    },

    /** `from`: the address it came from. Takes as long for a name that nobody has. */
    signIn: async (
      context: Omit<Context, 'actor'>,
      { operator, password, from }: { operator: OperatorName; password: string; from: string },
    ): Promise<SignIn> => {
      const subjects = [`name ${operator}`, `address ${from}`];
      if (await tooMany(subjects)) return { type: 'tooMany', minutes: REFUSED_MINUTES };
      const { rows } = await db.query<{ password: string }>('select password from retainer.operators where name = $1', [
        operator,
      ]);
      const known = rows[0]?.password;
      const isRight = await isPassword(password, known ?? (await nobodysPassword()));
      const type = isRight ? 'OperatorSignedIn' : 'OperatorSignInRefused';
      await handleOne(
        deps,
        { ...context, actor: `operator:${operator}` },
        operators,
        streamOf.operator(operator),
        (state, at) => noteSignIn(state, type, { from, at }),
        nothingToTell,
      );
      if (isRight) return { type: 'signedIn', session: await startSession(operator) };
      await db.query(
        `with old as (
           delete from retainer.refused_sign_ins where refused_at < now() - interval '${REFUSED_MINUTES} minutes'
         )
         insert into retainer.refused_sign_ins (subject) select unnest($1::text[])`,
        [subjects],
      );
      return { type: 'refused' };
    },

    signOut: async (
      context: Context,
      { operator, token }: { operator: OperatorName; token: string },
    ): Promise<void> => {
      await db.query('delete from retainer.sessions where token_hash = $1', [hashOfToken(token)]);
      await handleOne(
        deps,
        context,
        operators,
        streamOf.operator(operator),
        (state, at) => noteSignOut(state, { at }),
        nothingToTell,
      );
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

    /** Adds the first operator by the one-time token, and signs them in. */
    acceptInvitation: async (
      context: Omit<Context, 'actor'>,
      { operator, password, token }: { operator: OperatorName; password: string; token: string },
    ): Promise<CommandResult<SignedIn>> => {
      const { rowCount } = await db.query(
        'delete from retainer.first_operator where token_hash = $1 and ends_at > now()',
        [hashOfToken(token)],
      );
      if (rowCount === 0)
        return {
          type: 'refused',
          refusal: { kind: 'conflict', message: 'this link was used before, or a newer one was made: see the log' },
        };
      const added = await operatorCommands(deps).addOperator(
        { ...context, actor: `operator:${operator}` },
        { operator, password },
      );
      if (added.type === 'refused') return added;
      return { ...added, value: await startSession(operator) };
    },
  };
}
