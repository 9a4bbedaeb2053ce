import { createHash } from 'node:crypto';
import type { Context as HonoContext } from 'hono';
import { getCookie } from 'hono/cookie';
import type { Scope } from '../domain/apiKey.ts';
import type { ProtoHitId } from '../domain/ids.ts';
import { coalesce } from '../postgres/coalesce.ts';
import type { Database } from '../postgres/pool.ts';
import { CSRF_HEADER } from './pages/guard.ts';
import { SESSION_COOKIE, type VisitorOf } from './pages/visitor.ts';
import type { Parameters } from './parameters.ts';
import { type Caller, EVERYTHING } from './scopes.ts';

/** Who asks; null if they may not. */
export type Authenticate = (
  c: HonoContext,
  parameters: Parameters,
  asked: { readonly changes: boolean },
) => Promise<Caller | null>;

/** Looked up for callers without a key: no key has an empty hash. */
const NO_KEY = '';

/**
 * As long as no API key was ever issued, anyone may ask; from the first key on, only who has a live one. Postgres
 * is asked every time, once for all requests of a turn of the event loop, so that a revoked key is dead at once.
 */
export function authentication(db: Database, visitorOf: VisitorOf): Authenticate {
  const callerOf = coalesce<string, Caller | null>(
    async (hashes) => {
      const { rows } = await db.query<{
        hash: string;
        api_key_id: string | null;
        scopes: Scope[] | null;
        proto_hit_id: ProtoHitId | null;
        is_open: boolean;
      }>({
        name: 'http.authenticate',
        text: `select wanted.hash, secret.api_key_id, secret.scopes, secret.proto_hit_id,
                      not exists (select from retainer.api_key_secrets) as is_open
               from unnest($1::text[]) as wanted (hash)
               left join retainer.api_key_secrets secret
                 on secret.hash = decode(wanted.hash, 'hex') and secret.revoked_at is null`,
        values: [hashes],
      });
      return new Map(
        rows.map(({ hash, api_key_id, scopes, proto_hit_id, is_open }): [string, Caller | null] => [
          hash,
          api_key_id !== null
            ? { actor: `key:${api_key_id}`, scopes: scopes ?? [], limitedTo: proto_hit_id }
            : is_open
              ? { actor: 'anyone', ...EVERYTHING }
              : null,
        ]),
      );
    },
    { maxKeys: 10_000 },
  );
  return async (c, parameters, { changes }) => {
    const key = keyOf(c, parameters);
    return (key === NO_KEY ? await signedIn(c, visitorOf, changes) : null) ?? (await callerOf(hashOf(key))) ?? null;
  };
}

/**
 * An operator, when a page of ours asks in their name. What changes something needs the session's token whatever its
 * method: the cookie alone comes along with every link.
 */
async function signedIn(c: HonoContext, visitorOf: VisitorOf, changes: boolean): Promise<Caller | null> {
  if (getCookie(c, SESSION_COOKIE) === undefined) return null;
  const visitor = await visitorOf(c);
  if (visitor?.type !== 'operator') return null;
  const isRead = !changes && (c.req.method === 'GET' || c.req.method === 'HEAD');
  const isOurs = isRead || c.req.header(CSRF_HEADER) === visitor.csrf;
  return isOurs ? { actor: `operator:${visitor.operator}`, ...EVERYTHING } : null;
}

/** Was a key ever issued? Until then the API is open to whoever reaches it. */
export async function anyKeyIssued(db: Database): Promise<boolean> {
  const { rows } = await db.query<{ any: boolean }>('select exists (select from retainer.api_key_secrets) as any');
  return rows[0]?.any === true;
}

/** What the parameter is called; the original's putwork wrote it the other way. */
export const KEY_PARAMETERS = ['apiKey', 'api_key'] as const;

const keyOf = (c: HonoContext, parameters: Parameters): string => {
  const bearer = /^Bearer\s+(\S+)\s*$/i.exec(c.req.header('authorization') ?? '')?.[1];
  const given = KEY_PARAMETERS.map((name) => parameters[name]).find((value) => typeof value === 'string');
  return bearer ?? c.req.header('x-api-key') ?? given ?? NO_KEY;
};

/** As commands/apiKeys.ts stores it. */
const hashOf = (key: string): string => (key === NO_KEY ? '' : createHash('sha256').update(key).digest('hex'));
