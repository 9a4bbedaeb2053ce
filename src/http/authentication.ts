import { createHash } from 'node:crypto';
import type { Context as HonoContext } from 'hono';
import type { Scope } from '../domain/apiKey.ts';
import type { ProtoHitId } from '../domain/ids.ts';
import { coalesce } from '../postgres/coalesce.ts';
import type { Database } from '../postgres/pool.ts';
import type { Access, Objection } from './access/access.ts';
import { type Answer, problem } from './answers.ts';
import { CSRF_HEADER } from './pages/guard.ts';
import type { VisitorOf } from './pages/visitor.ts';
import type { Parameters } from './parameters.ts';
import { type Caller, EVERYTHING } from './scopes.ts';

/** Who asks, or the answer to those who may not. */
export type Authenticated =
  | { readonly type: 'caller'; readonly caller: Caller }
  | { readonly type: 'denied'; readonly answer: Answer };

export type Authenticate = (
  c: HonoContext,
  parameters: Parameters,
  asked: { readonly changes: boolean },
) => Promise<Authenticated>;

const CHALLENGE = { 'WWW-Authenticate': 'Bearer realm="retainer"' };
const DENIED = problem(
  401,
  'Denied.\nThis needs an API key that is live: as the parameter apiKey, as the header X-Api-Key, or as Authorization: Bearer.',
  { headers: CHALLENGE },
);

/** What those are told whom an open API does not serve. */
const OBJECTIONS: Readonly<Record<Objection, Answer>> = {
  forwarded: problem(
    401,
    'Denied: no API key was ever issued, so the API is open to this machine alone, and this request came from ' +
      "elsewhere. Issue a key with 'retainer key issue', or set OPEN_API=true to be open to whoever reaches it.",
    { headers: CHALLENGE },
  ),
  elsewhere: problem(
    403,
    'a page of another site sent this, and no API key was ever issued: until then only pages of this service may use ' +
      "the API, and those whose origin ALLOWED_ORIGINS names. Or issue a key with 'retainer key issue'.",
  ),
};

/**
 * As long as nobody was given a key or added as operator, whoever is on this machine may ask; from then on, only who has
 * a live key or is signed in. Postgres is asked every time, once for all requests of a turn of the event loop, so that
 * a revoked key is dead at once.
 */
export function authentication(db: Database, visitorOf: VisitorOf, access: Access): Authenticate {
  const callerOf = coalesce<string, Caller>(
    async (hashes) => {
      const { rows } = await db.query<{
        hash: string;
        api_key_id: string;
        scopes: Scope[];
        proto_hit_id: ProtoHitId | null;
        daily_budget_cents: number | null;
      }>({
        name: 'http.authenticate',
        text: `select wanted.hash, secret.api_key_id, secret.scopes, secret.proto_hit_id, secret.daily_budget_cents
               from unnest($1::text[]) as wanted (hash)
               join retainer.api_key_secrets secret
                 on secret.hash = decode(wanted.hash, 'hex') and secret.revoked_at is null`,
        values: [hashes],
      });
      return new Map(
        rows.map(({ hash, api_key_id, scopes, proto_hit_id, daily_budget_cents }): [string, Caller] => [
          hash,
          { actor: `key:${api_key_id}`, scopes, limitedTo: proto_hit_id, dailyBudgetCents: daily_budget_cents },
        ]),
      );
    },
    { maxKeys: 10_000 },
  );
  /**
   * An operator, when a page of ours asks in their name. What changes something needs the session's token whatever its
   * method: the cookie alone comes along with every link.
   */
  const signedIn = async (c: HonoContext, changes: boolean): Promise<Caller | null> => {
    if (access.session.read(c) === undefined) return null;
    const visitor = await visitorOf(c);
    if (visitor?.type !== 'operator') return null;
    const isRead = !changes && (c.req.method === 'GET' || c.req.method === 'HEAD');
    const isOurs = isRead || c.req.header(CSRF_HEADER) === visitor.csrf;
    return isOurs ? { actor: `operator:${visitor.operator}`, ...EVERYTHING } : null;
  };
  return async (c, parameters, { changes }) => {
    const key = keyOf(c, parameters);
    const caller = key === undefined ? await signedIn(c, changes) : await callerOf(hashOf(key));
    if (caller) return { type: 'caller', caller };
    if (!(await access.isOpen())) return { type: 'denied', answer: DENIED };
    const objection = access.objection(c);
    return objection === null
      ? { type: 'caller', caller: { actor: 'anyone', ...EVERYTHING } }
      : { type: 'denied', answer: OBJECTIONS[objection] };
  };
}

/** What the parameter is called; the original's putwork wrote it the other way. */
export const KEY_PARAMETERS = ['apiKey', 'api_key'] as const;

const keyOf = (c: HonoContext, parameters: Parameters): string | undefined => {
  const bearer = /^Bearer\s+(\S+)\s*$/i.exec(c.req.header('authorization') ?? '')?.[1];
  const given = KEY_PARAMETERS.map((name) => parameters[name]).find((value) => typeof value === 'string');
  return [bearer, c.req.header('x-api-key'), given].find((key) => key !== undefined && key !== '');
};

/** As commands/apiKeys.ts stores it. */
const hashOf = (key: string): string => createHash('sha256').update(key).digest('hex');
