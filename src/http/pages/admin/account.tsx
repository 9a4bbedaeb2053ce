import { Hono } from 'hono';
import { Password } from '../../../commands/passwords.ts';
import { type Session, sessionsOf } from '../../../commands/sessions.ts';
import { Field } from '../form.tsx';
import { Csrf } from '../layout.tsx';
import { Moment, Table } from '../table.tsx';
import { type AdminGuard, type AdminVisit, goTo } from './guard.ts';
import { AdminPage } from './layout.tsx';
import type { AdminDependencies } from './routes.ts';

const PATH = '/admin/account';

type Errors = { readonly current?: string; readonly password?: string; readonly again?: string };

/** `/admin/account`: one's own password and sessions. */
export function accountRoutes({
  commands,
  db,
  addressOf,
  access,
  guard,
  noteSignIn,
}: Pick<AdminDependencies, 'commands' | 'db' | 'addressOf' | 'access' | 'noteSignIn'> & { guard: AdminGuard }): Hono {
  const routes = new Hono({ strict: false });
  const sessions = ({ visitor }: AdminVisit) => sessionsOf(db, visitor);
  routes.get(
    PATH,
    guard(async (c, visit) => c.html(<AccountPage visit={visit} sessions={await sessions(visit)} />)),
  );

  routes.post(
    `${PATH}/password`,
    guard(async (c, visit) => {
      const { visitor, form, context } = visit;
      const again = async (errors: Errors, status: 400 | 429 | 503 = 400) =>
        c.html(<AccountPage visit={visit} sessions={await sessions(visit)} errors={errors} />, status);
      const password = Password.safeParse(form['password']);
      if (!password.success) return again({ password: 'The password must have 10 to 256 characters.' });
      if (password.data !== form['again']) return again({ again: 'The two passwords are not the same.' });
      const { operator } = visitor;
      const tried = { operator, password: (form['current'] ?? '').slice(0, 256), from: addressOf(c) };
      const checked = await commands.checkPassword(context, tried);
      if (checked.type !== 'right') noteSignIn(c, checked.type);
      if (checked.type === 'refused') return again({ current: 'This is not your password.' });
      if (checked.type === 'tooMany')
        return again({ current: `Too many tries. Wait ${checked.minutes} minutes, then try again.` }, 429);
      if (checked.type === 'busy') return again({ current: 'Too much is going on. Try again in a few seconds.' }, 503);
      const changed = await commands.changeOperatorPassword(context, { operator, password: password.data });
      if (changed.type === 'refused') return again({ current: `There is ${changed.refusal.message}.` });
      access.session.drop(c);
      return c.redirect('/admin/sign-in?changed', 303);
    }),
  );

  routes.post(
    `${PATH}/sessions/end`,
    guard(async (c, { visitor: { operator, token }, context }) => {
      const ended = await commands.endSessions(context, { operator, keep: token });
      return goTo(c, PATH, ended === 0 ? 'There were no others.' : 'The other sessions are over.');
    }),
  );
  return routes;
}

const AccountPage = ({
  visit,
  sessions,
  errors = {},
}: {
  visit: AdminVisit;
  sessions: readonly Session[];
  errors?: Errors;
}) => (
  <AdminPage title="Your account" visit={visit}>
    <p>
      You are <strong>{visit.visitor.operator}</strong>. What you do here stands in the log as{' '}
      <code>operator:{visit.visitor.operator}</code>.
    </p>
    <h2>Your sessions</h2>
    <Table
      caption="Your sessions"
      none="You have none."
      rows={sessions}
      columns={[
        { name: 'Since', cell: ({ startedAt }) => <Moment at={startedAt} /> },
        { name: 'From', cell: ({ from }) => from || '–' },
        { name: 'Ends', cell: ({ endsAt }) => <Moment at={endsAt} /> },
        { name: 'Which', isQuiet: true, cell: ({ isThis }) => (isThis ? <span class="tag">this one</span> : null) },
      ]}
    />
    {sessions.length > 1 && (
      <form method="post" action={`${PATH}/sessions/end`}>
        <Csrf visitor={visit.visitor} />
        <button type="submit">End the others</button>
      </form>
    )}
    <h2>Change your password</h2>
    <form method="post" action={`${PATH}/password`}>
      <Csrf visitor={visit.visitor} />
      <input hidden name="username" value={visit.visitor.operator} autocomplete="username" readonly />
      <Field
        name="current"
        label="Password now"
        error={errors.current}
        type="password"
        autocomplete="current-password"
        required
      />
      <Field
        name="password"
        label="New password"
        hint="At least 10 characters. It ends all your sessions: you sign in again with it."
        error={errors.password}
        type="password"
        minlength={10}
        autocomplete="new-password"
        required
      />
      <Field
        name="again"
        label="The new password again"
        error={errors.again}
        type="password"
        minlength={10}
        autocomplete="new-password"
        required
      />
      <button class="main" type="submit">
        Change
      </button>
    </form>
  </AdminPage>
);
