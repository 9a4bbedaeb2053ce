import { Hono } from 'hono';
import type { Commands } from '../../../commands/commands.ts';
import { Password } from '../../../commands/passwords.ts';
import { OperatorName } from '../../../domain/operator.ts';
import type { Database } from '../../../postgres/pool.ts';
import { Field } from '../form.tsx';
import { Csrf } from '../layout.tsx';
import { Moment, Table } from '../table.tsx';
import { type AdminGuard, type AdminVisit, goTo } from './guard.ts';
import { AdminPage } from './layout.tsx';

type Row = { readonly name: OperatorName; readonly addedAt: number };

/** `/admin/operators`: who may sign in. */
export function operatorRoutes({ commands, db, guard }: { commands: Commands; db: Database; guard: AdminGuard }): Hono {
  const routes = new Hono({ strict: false });
  const list = async (): Promise<readonly Row[]> =>
    (
      await db.query<{ name: OperatorName; added_at: Date }>(
        'select name, added_at from retainer.operators order by name',
      )
    ).rows.map(({ name, added_at }) => ({ name, addedAt: added_at.getTime() }));

  routes.get(
    '/admin/operators',
    guard(async (c, visit) => c.html(<OperatorsPage visit={visit} rows={await list()} />)),
  );

  routes.post(
    '/admin/operators',
    guard(async (c, visit) => {
      const { form, context } = visit;
      const operator = OperatorName.safeParse(form['name']);
      const password = Password.safeParse(form['password']);
      const errors = {
        ...(operator.success ? {} : { name: `The name ${operator.error.issues[0]?.message ?? 'does not fit'}.` }),
        ...(password.success ? {} : { password: 'The password must have 10 to 256 characters.' }),
      };
      const again = async (problem?: string) =>
        c.html(<OperatorsPage visit={visit} rows={await list()} errors={errors} problem={problem} />, 400);
      if (!operator.success || !password.success) return again();
      const added = await commands.addOperator(context, { operator: operator.data, password: password.data });
      if (added.type === 'refused') return again(`${added.refusal.message}.`);
      return goTo(c, '/admin/operators', `${operator.data} may sign in from now on.`);
    }),
  );

  routes.post(
    '/admin/operators/:name/remove',
    guard(async (c, visit) => {
      const operator = OperatorName.safeParse(c.req.param('name'));
      const again = async (problem: string, status: 400 | 404) =>
        c.html(<OperatorsPage visit={visit} rows={await list()} problem={problem} />, status);
      if (!operator.success) return again('There is no such operator.', 404);
      if (operator.data === visit.visitor.operator)
        return again('Nobody removes themselves: somebody else has to.', 400);
      const removed = await commands.removeOperator(visit.context, { operator: operator.data });
      if (removed.type === 'refused') return again(`There is ${removed.refusal.message}.`, 404);
      return goTo(c, '/admin/operators', `${operator.data} is let in no more; their sessions are over.`);
    }),
  );
  return routes;
}

const OperatorsPage = ({
  visit,
  rows,
  errors = {},
  problem,
}: {
  visit: AdminVisit;
  rows: readonly Row[];
  errors?: { readonly name?: string; readonly password?: string };
  problem?: string | undefined;
}) => (
  <AdminPage title="Operators" at="/admin/operators" visit={visit} problem={problem}>
    <Table
      caption="Operators"
      none="Nobody may sign in."
      rows={rows}
      columns={[
        { name: 'Name', cell: ({ name }) => name },
        { name: 'Added', cell: ({ addedAt }) => <Moment at={addedAt} /> },
        {
          name: 'Remove',
          isQuiet: true,
          cell: ({ name }) =>
            name === visit.visitor.operator ? (
              <span class="quiet">you</span>
            ) : (
              <form method="post" action={`/admin/operators/${name}/remove`}>
                <Csrf visitor={visit.visitor} />
                <button type="submit" class="bad">
                  Remove <span class="visually-hidden">{name}</span>
                </button>
              </form>
            ),
        },
      ]}
    />
    <h2>Add an operator</h2>
    <form method="post" action="/admin/operators">
      <Csrf visitor={visit.visitor} />
      <Field
        name="name"
        label="Name"
        hint="Lower-case letters, digits, dots, dashes; it stands in the log with what they do."
        value={visit.form['name']}
        error={errors.name}
        autocomplete="off"
        autocapitalize="none"
        required
      />
      <Field
        name="password"
        label="Password"
        hint="At least 10 characters. Tell it to them, and have them change it."
        error={errors.password}
        type="password"
        minlength={10}
        autocomplete="new-password"
        required
      />
      <button class="main" type="submit">
        Add
      </button>
    </form>
  </AdminPage>
);
