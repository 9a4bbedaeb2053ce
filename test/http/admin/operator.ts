import { OperatorName } from '../../../src/domain/operator.ts';
import type { TestService } from '../../support/service.ts';

export type SignedInOperator = {
  readonly get: (path: string) => Promise<Response>;
  /** As a form of one of our pages, with the session's token. */
  readonly post: (path: string, fields?: Readonly<Record<string, string>>) => Promise<Response>;
  readonly cookie: string;
};

export const PASSWORD = 'correct horse';

/** An operator who was added and has signed in. */
export async function signedIn(service: TestService, name = 'ann'): Promise<SignedInOperator> {
  await service.core.commands.addOperator(
    { actor: 'operator:test', requestId: 'test' },
    { operator: OperatorName.parse(name), password: PASSWORD },
  );
  return signIn(service, name);
}

/** Tries to sign in; what they may do over HTTP after that. Redirects are not followed. */
export async function signIn({ url }: TestService, name: string, password = PASSWORD): Promise<SignedInOperator> {
  const entered = await fetch(`${url}/admin/sign-in`, {
    method: 'POST',
    redirect: 'manual',
    body: new URLSearchParams({ name, password }),
  });
  const cookie = entered.headers.get('set-cookie')?.split(';')[0] ?? '';
  const get = (path: string) => fetch(url + path, { redirect: 'manual', headers: { cookie } });
  const csrf = /name="csrf" content="([^"]+)"/.exec(await (await get('/admin')).text())?.[1] ?? '';
  return {
    cookie,
    get,
    post: (path, fields = {}) =>
      fetch(url + path, {
        method: 'POST',
        redirect: 'manual',
        headers: { cookie, 'sec-fetch-site': 'same-origin' },
        body: new URLSearchParams({ csrf, ...fields }),
      }),
  };
}
