import { Hono, type Context as HonoContext } from 'hono';
import { deleteCookie, setCookie } from 'hono/cookie';
import type { Commands } from '../../commands/commands.ts';
import type { SignedIn } from '../../commands/operators.ts';
import { Password } from '../../commands/passwords.ts';
import { OperatorName } from '../../domain/operator.ts';
import { createGuard, isFromOurPages } from './guard.ts';
import { Page } from './layout.tsx';
import { SESSION_COOKIE, type VisitorOf } from './visitor.ts';

/** Signing in and out, and the one-time page on which the first operator is added. */
export function signInRoutes({
  commands,
  visitorOf,
  addressOf,
  isSecure,
}: {
  commands: Commands;
  visitorOf: VisitorOf;
  /** Where a request came from, for throttling and the log. */
  addressOf: (c: HonoContext) => string;
  /** Is the service reached over https? */
  isSecure: () => boolean;
}): Hono {
  const routes = new Hono();
  const guard = createGuard(visitorOf);
  const letIn = (c: HonoContext, { token, endsAt }: SignedIn, next: string): Response => {
    setCookie(c, SESSION_COOKIE, token, {
      httpOnly: true,
      sameSite: 'Lax',
      path: '/',
      secure: isSecure(),
      expires: new Date(endsAt),
    });
    return c.redirect(next, 303);
  };

  routes.get('/admin/sign-in', async (c) => {
    const visitor = await visitorOf(c);
    if (visitor?.type === 'operator') return c.redirect(ownPath(c.req.query('next')));
    return c.html(<SignInPage next={ownPath(c.req.query('next'))} isFirst={visitor?.type === 'anyone'} />);
  });

  routes.post('/admin/sign-in', async (c) => {
    if (!isFromOurPages(c)) return c.text('This form is not one of ours.', 403);
    const form = await c.req.formData();
    const text = (name: string): string => String(form.get(name) ?? '');
    const next = ownPath(text('next'));
    const operator = OperatorName.safeParse(text('name').trim().toLowerCase());
    const password = text('password');
    const tried = operator.success
      ? await commands.signIn(
          { requestId: crypto.randomUUID() },
          { operator: operator.data, password: password.slice(0, 256), from: addressOf(c) },
        )
      : ({ type: 'refused' } as const);
    if (tried.type === 'signedIn') return letIn(c, tried.session, next);
    const error =
      tried.type === 'tooMany'
        ? `Too many tries. Wait ${tried.minutes} minutes, then try again.`
        : 'The name or the password is not right.';
    return c.html(<SignInPage next={next} name={text('name')} error={error} />, tried.type === 'tooMany' ? 429 : 401);
  });

  routes.post(
    '/admin/sign-out',
    guard(async (c, { visitor, requestId }) => {
      if (visitor.type === 'operator') {
        const { operator, token } = visitor;
        await commands.signOut({ actor: `operator:${operator}`, requestId }, { operator, token });
      }
      deleteCookie(c, SESSION_COOKIE, { path: '/' });
      return c.redirect('/admin/sign-in', 303);
    }),
  );

  routes.get('/admin/first', (c) => c.html(<FirstPage token={c.req.query('token') ?? ''} />));

  routes.post('/admin/first', async (c) => {
    if (!isFromOurPages(c)) return c.text('This form is not one of ours.', 403);
    const form = await c.req.formData();
    const text = (name: string): string => String(form.get(name) ?? '');
    const token = text('token');
    const again = (error: string) => c.html(<FirstPage token={token} name={text('name')} error={error} />, 400);
    const operator = OperatorName.safeParse(text('name').trim());
    if (!operator.success) return again(`The name ${operator.error.issues[0]?.message ?? 'does not fit'}.`);
    const password = Password.safeParse(text('password'));
    if (!password.success) return again('The password must have 10 to 256 characters.');
    if (password.data !== text('again')) return again('The two passwords are not the same.');
    const result = await commands.acceptInvitation(
      { requestId: crypto.randomUUID() },
      { operator: operator.data, password: password.data, token },
    );
    if (result.type === 'refused') return again(`${result.refusal.message}.`);
    return letIn(c, result.value, '/admin');
  });
  return routes;
}

/** A path of this service, and nothing that leads elsewhere. */
const ownPath = (next: string | undefined): string =>
  next !== undefined && /^\/(?![/\\])/.test(next) ? next : '/admin';

const SignInPage = ({
  next,
  name = '',
  error,
  isFirst = false,
}: {
  next: string;
  name?: string;
  error?: string;
  isFirst?: boolean;
}) => (
  <Page title="Sign in" visitor={null}>
    <h1>Sign in</h1>
    {isFirst && (
      <p class="notice">
        Nobody can sign in yet. The service printed a one-time link when it started; or use{' '}
        <code>retainer operator add NAME</code>.
      </p>
    )}
    {error !== undefined && (
      <p class="notice bad" role="alert">
        {error}
      </p>
    )}
    <form method="post" action="/admin/sign-in">
      <input type="hidden" name="next" value={next} />
      <div class="field">
        <label for="name">Name</label>
        <input id="name" name="name" value={name} autocomplete="username" autocapitalize="none" required />
      </div>
      <div class="field">
        <label for="password">Password</label>
        <input id="password" name="password" type="password" autocomplete="current-password" required />
      </div>
      <button class="main" type="submit">
        Sign in
      </button>
    </form>
  </Page>
);

const FirstPage = ({ token, name = '', error }: { token: string; name?: string; error?: string }) => (
  <Page title="The first operator" visitor={null}>
    <h1>The first operator</h1>
    <p>This link works once. From then on, the pages are for operators alone.</p>
    {error !== undefined && (
      <p class="notice bad" role="alert">
        {error}
      </p>
    )}
    <form method="post" action="/admin/first">
      <input type="hidden" name="token" value={token} />
      <div class="field">
        <label for="name">
          Name <span class="hint">lower-case letters, digits, dots, dashes; it stands in the log with what you do</span>
        </label>
        <input id="name" name="name" value={name} autocomplete="username" autocapitalize="none" required />
      </div>
      <div class="field">
        <label for="password">
          Password <span class="hint">at least 10 characters</span>
        </label>
        <input id="password" name="password" type="password" minlength={10} autocomplete="new-password" required />
      </div>
      <div class="field">
        <label for="again">The password again</label>
        <input id="again" name="again" type="password" minlength={10} autocomplete="new-password" required />
      </div>
      <button class="main" type="submit">
        Sign in
      </button>
    </form>
  </Page>
);
