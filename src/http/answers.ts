import type { Context as HonoContext } from 'hono';
import { accepts } from 'hono/accepts';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { CommandResult } from '../commands/commands.ts';
import type { Refusal } from '../domain/decision.ts';

/** What a request is answered with, in both ways to speak: a line of text, or JSON. */
export type Answer = {
  readonly status: ContentfulStatusCode;
  /** Null: the text is the JSON, which the original's clients parse themselves (lists and records). */
  readonly text: string | null;
  readonly json: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Some of what was asked for was refused, so that the same request may do more later. */
  readonly isPartial?: boolean;
  /** An answer in a form of its own, instead of both. */
  readonly body?: { readonly type: string; readonly content: string | ReadableStream<Uint8Array> };
};

export const ok: Answer = { status: 200, text: 'OK', json: { ok: true } };

export const idAnswer = (id: string | number): Answer => ({ status: 200, text: String(id), json: { id } });

/** An answer that is neither the text nor the JSON: a table, a stream. */
export const bodyAnswer = (
  type: string,
  content: string | ReadableStream<Uint8Array>,
  headers: Readonly<Record<string, string>> = {},
): Answer => ({ status: 200, text: null, json: null, headers, body: { type, content } });

export const jsonAnswer = (json: unknown): Answer => ({ status: 200, text: null, json });

const STATUS_OF = { notFound: 404, conflict: 409, invalid: 400, forbidden: 403 } as const satisfies Record<
  Refusal['kind'],
  ContentfulStatusCode
>;
export const statusOf = ({ kind }: Refusal) => STATUS_OF[kind];

/** The one mapping of what a command did, or of why it did not, to an answer. */
export function answerTo<Value>(result: CommandResult<Value>, show: (value: Value) => Answer): Answer {
  if (result.type === 'refused') return problem(statusOf(result.refusal), result.refusal.message);
  const answer = show(result.value);
  if (result.position === null) return answer;
  return { ...answer, headers: { ...answer.headers, 'Retainer-Position': result.position } };
}

/** An error: its text as it is, or as problem details (RFC 9457) with whatever more there is to say. */
export const problem = (
  status: ContentfulStatusCode,
  detail: string,
  { headers = {}, ...more }: { headers?: Record<string, string>; [member: string]: unknown } = {},
): Answer => ({
  status,
  text: detail,
  json: { type: 'about:blank', title: TITLES[status] ?? 'Error', status, detail, ...more },
  headers,
});

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Content',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

const JSON_TYPES = ['application/json', 'application/problem+json'];

/**
 * The client names JSON, and wants nothing else sooner; who does not say gets plain text. Also a JSON text is plain
 * then: what is labelled as JSON, jQuery hands over parsed, and scripts written for realtime-turk parse it again.
 */
export const wantsJson = (c: HonoContext): boolean =>
  JSON_TYPES.includes(accepts(c, { header: 'Accept', supports: ['text/plain', ...JSON_TYPES], default: 'text/plain' }));

/** A browser that goes to an address; programs that take anything do not name HTML. */
export const wantsPage = (c: HonoContext): boolean =>
  c.req.method === 'GET' && (c.req.header('Accept') ?? '').includes('text/html');

/** Sends an answer in the way the client speaks. */
export function send(c: HonoContext, { status, text, json, headers = {}, body }: Answer): Response {
  const asJson = wantsJson(c);
  const type = body
    ? body.type
    : !asJson
      ? 'text/plain; charset=utf-8'
      : status >= 400
        ? 'application/problem+json'
        : 'application/json';
  return c.body(body ? body.content : asJson || text === null ? JSON.stringify(json) : text, status, {
    'Cache-Control': 'no-store',
    Vary: 'Accept',
    'X-Content-Type-Options': 'nosniff',
    ...headers,
    'Content-Type': type,
  });
}
