import { Hono, type Context as HonoContext } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';
import { DEVICE_DAYS } from '../../../commands/access/devices.ts';
import { Password } from '../../../commands/passwords.ts';
import type { SignedIn } from '../../../commands/sessions.ts';
import { FIRST_OPERATOR_FILE, type SignIn } from '../../../commands/signIns.ts';
import { OperatorName } from '../../../domain/operator.ts';
import { Field } from '../form.tsx';
import { requestIdOf } from '../guard.ts';
import { Page } from '../layout.tsx';
import { readForm, unreadableForm } from '../readForm.ts';
import type { AdminDependencies } from './routes.ts';

/** Signing in and out, and the one-time page on which the first operator is added. */
export function signInRoutes({
  commands,
  guard,
  visitorOf,
  access: {
    session,
    isSecure,
    origins: { isFromOurPages },
  },
  addressOf,
  hasMarketplace,
  noteSignIn,
}: Pick<
  AdminDependencies,
  'commands' | 'guard' | 'visitorOf' | 'access' | 'addressOf' | 'hasMarketplace' | 'noteSignIn'
>): Hono {
  const routes = new Hono();
  const letIn = (c: HonoContext, { token, endsAt }: SignedIn, next: string): Response => {
    session.set(c, token, endsAt);
    return c.redirect(next, 303);
  };

  /** Says at the next sign-in that this device is no stranger's; it lets nobody in. */
  const rememberDevice = (c: HonoContext, device: string): void =>
    setCookie(c, DEVICE_COOKIE, device, {
      httpOnly: true,
      sameSite: 'Strict',
      path: '/admin/sign-in',
      secure: isSecure(),
      maxAge: DEVICE_DAYS * 86_400,
    });

  routes.get('/admin/sign-in', async (c) => {
    const visitor = await visitorOf(c);
    if (visitor?.type === 'operator') return c.redirect(ownPath(c.req.query('next')));
    return c.html(
      <SignInPage
        hasMarketplace={hasMarketplace}
        next={ownPath(c.req.query('next'))}
        isFirst={!(await commands.hasOperators())}
        isChanged={c.req.query('changed') !== undefined}
      />,
    );
  });

  routes.post('/admin/sign-in', async (c) => {
    if (!isFromOurPages(c)) return c.text('This form is not one of ours.', 403);
    const form = await readForm(c);
    if (form === null) return unreadableForm(c);
    const text = (name: string): string => form[name] ?? '';
    const next = ownPath(text('next'));
    const operator = OperatorName.safeParse(text('name').trim().toLowerCase());
    const password = text('password');
    const tried = operator.success
      ? await commands.signIn(
          { requestId: requestIdOf(c) },
          {
            operator: operator.data,
            password: password.slice(0, 256),
            from: addressOf(c),
            device: getCookie(c, DEVICE_COOKIE),
          },
        )
      : ({ type: 'refused' } as const);
    noteSignIn(c, tried.type);
    if (tried.type === 'signedIn') {
      const entered = letIn(c, tried.session, next);
      rememberDevice(c, tried.device);
      return entered;
    }
    const { status, error, retryAfter } = refusalOf(tried);
    if (retryAfter !== null) c.header('Retry-After', retryAfter);
    const isFirst = !(await commands.hasOperators());
    return c.html(
      <SignInPage hasMarketplace={hasMarketplace} next={next} name={text('name')} error={error} isFirst={isFirst} />,
      status,
    );
  });

  routes.post(
    '/admin/sign-out',
    guard(async (c, { visitor, requestId }) => {
      if (visitor.type === 'operator') {
        const { operator, token } = visitor;
        await commands.signOut({ actor: `operator:${operator}`, requestId }, { operator, token });
      }
      session.drop(c);
      return c.redirect('/admin/sign-in', 303);
    }),
  );

  routes.get('/admin/first', async (c) => {
    const token = c.req.query('token') ?? '';
    return (await commands.isInvitation(token))
      ? c.html(<FirstPage hasMarketplace={hasMarketplace} token={token} />)
      : c.html(<DeadLinkPage hasMarketplace={hasMarketplace} />, 404);
  });

  routes.post('/admin/first', async (c) => {
    if (!isFromOurPages(c)) return c.text('This form is not one of ours.', 403);
    const form = await readForm(c);
    if (form === null) return unreadableForm(c);
    const text = (name: string): string => form[name] ?? '';
    const token = text('token');
    const again = (error: string) =>
      c.html(<FirstPage hasMarketplace={hasMarketplace} token={token} name={text('name')} error={error} />, 400);
    const operator = OperatorName.safeParse(text('name').trim());
    if (!operator.success) return again(`The name ${operator.error.issues[0]?.message ?? 'does not fit'}.`);
    const password = Password.safeParse(text('password'));
    if (!password.success) return again('The password must have 10 to 256 characters.');
    if (password.data !== text('again')) return again('The two passwords are not the same.');
    const result = await commands.acceptInvitation(
      { requestId: requestIdOf(c) },
      { operator: operator.data, password: password.data, token, from: addressOf(c) },
    );
    noteSignIn(c, result.type === 'refused' ? 'refused' : 'signedIn');
    if (result.type === 'refused') return again(`${result.refusal.message}.`);
    return letIn(c, result.value, '/admin');
  });
  return routes;
}

const DEVICE_COOKIE = 'retainer_device';

/** What somebody is told whose sign-in came to nothing. */
function refusalOf(tried: Exclude<SignIn, { type: 'signedIn' }>): {
  status: 401 | 429 | 503;
  error: string;
  retryAfter: string | null;
} {
  switch (tried.type) {
    case 'refused':
      return { status: 401, error: 'The name or the password is not right.', retryAfter: null };
    case 'tooMany':
      return {
        status: 429,
        error: `Too many tries. Wait ${tried.minutes} minutes, then try again.`,
        retryAfter: String(tried.minutes * 60),
      };
    case 'busy':
      return { status: 503, error: 'Many people sign in just now. Try again in a few seconds.', retryAfter: '5' };
  }
}

/** A path of this service, and nothing that leads elsewhere. */
function ownPath(next: string | undefined): string {
  const here = 'http://here';
  // As a browser reads it: it drops tabs and line ends, and takes a backslash for a slash.
  const place = next?.startsWith('/') && URL.canParse(next, here) ? new URL(next, here) : null;
  const path = place?.origin === here ? place.pathname + place.search : '/admin';
  // Dots are resolved by now: what is left of `/.//host` would be another host's address.
  return path.startsWith('//') ? '/admin' : path;
}

const SignInPage = ({
  hasMarketplace,
  next,
  name = '',
  error,
  isFirst = false,
  isChanged = false,
}: {
  hasMarketplace: boolean;
  next: string;
  name?: string;
  error?: string;
  isFirst?: boolean;
  isChanged?: boolean;
}) => (
  <Page title="Sign in" at="/admin" visitor={null} hasMarketplace={hasMarketplace}>
    <h1>Sign in</h1>
    {isFirst ? (
      <p class="notice">
        Nobody can sign in yet. The service made a one-time link when it started: its terminal shows it; in a container
        or a journal it is in the file <code>{FIRST_OPERATOR_FILE}</code> of its data folder (<code>DATA_DIR</code>). It
        is good for a day and for one use; start the service again for a new one. Or add yourself on the command line:{' '}
        <code>retainer operator add NAME</code>, which is <code>npm run -s retainer -- operator add NAME</code> in a
        clone.
      </p>
    ) : (
      <>
        {isChanged && <p class="notice">Your password is changed. Sign in with the new one.</p>}
        {error !== undefined && (
          <p class="notice bad" role="alert">
            {error}
          </p>
        )}
        <form method="post" action="/admin/sign-in">
          <input type="hidden" name="next" value={next} />
          <Field name="name" label="Name" value={name} autocomplete="username" autocapitalize="none" required />
          <Field name="password" label="Password" type="password" autocomplete="current-password" required />
          <button class="main" type="submit">
            Sign in
          </button>
        </form>
      </>
    )}
  </Page>
);

const DeadLinkPage = ({ hasMarketplace }: { hasMarketplace: boolean }) => (
  <Page title="The first operator" at="/admin" visitor={null} hasMarketplace={hasMarketplace}>
    <h1>This link opens nothing any more</h1>
    <p>
      It works once, for a day, and until the service is started again, which makes a new one. Whoever is an operator
      may <a href="/admin/sign-in">sign in</a>; <code>retainer operator add NAME</code> adds one.
    </p>
  </Page>
);

const FirstPage = ({
  hasMarketplace,
  token,
  name = '',
  error,
}: {
  hasMarketplace: boolean;
  token: string;
  name?: string;
  error?: string;
}) => (
  <Page title="The first operator" at="/admin" visitor={null} hasMarketplace={hasMarketplace}>
    <h1>The first operator</h1>
    <p>This link works once. From then on, the pages are for operators alone.</p>
    {error !== undefined && (
      <p class="notice bad" role="alert">
        {error}
      </p>
    )}
    <form method="post" action="/admin/first">
      <input type="hidden" name="token" value={token} />
      <Field
        name="name"
        label="Name"
        hint="Lower-case letters, digits, dots, dashes; it stands in the log with what you do."
        value={name}
        autocomplete="username"
        autocapitalize="none"
        required
      />
      <Field
        name="password"
        label="Password"
        hint="At least 10 characters."
        type="password"
        minlength={10}
        autocomplete="new-password"
        required
      />
      <Field
        name="again"
        label="The password again"
        type="password"
        minlength={10}
        autocomplete="new-password"
        required
      />
      <button class="main" type="submit">
        Add, and sign in
      </button>
    </form>
  </Page>
);
