import { streamOf } from '../domain/event.ts';
import { addOperator, changePassword, type OperatorName, removeOperator } from '../domain/operator.ts';
import { operators } from './aggregates.ts';
import { type CommandResult, type Context, type Dependencies, settled } from './context.ts';
import { handleOne, nothingToTell } from './handle.ts';
import { hashPassword } from './passwords.ts';

/**
 * Operators come, change their passwords, and go. `retainer.operators` alone decides who may sign in. With the first of
 * them the service is closed to everybody else, and stays so when the last is gone.
 */
export const operatorCommands = (deps: Dependencies) => ({
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
      await deps.db.query(
        `with invited as (delete from retainer.first_operator),
              closed as (insert into retainer.closed default values on conflict do nothing)
         insert into retainer.operators (name, password) values ($1, $2)
         on conflict (name) do update set password = excluded.password`,
        [operator, hash],
      );
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
      await deps.db.query(
        `with ended as (delete from retainer.sessions where operator = $1)
         insert into retainer.operators (name, password) values ($1, $2)
         on conflict (name) do update set password = excluded.password`,
        [operator, hash],
      );
    return settled(deps, result);
  },

  removeOperator: async (context: Context, { operator }: { operator: OperatorName }): Promise<CommandResult<null>> => {
    // Before the event: once an operator sees "removed", no node lets them in.
    await deps.db.query('delete from retainer.operators where name = $1', [operator]);
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
});
