import type { Context as HonoContext } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { CommandResult } from '../commands/commands.ts';
import type { Refusal } from '../domain/decision.ts';

/** What a request is answered with, in both ways to speak: a line of text, or JSON. */
export type Answer = {
  readonly status: ContentfulStatusCode;
  readonly text: string;
  readonly json: unknown;
  readonly headers?: Readonly<Record<string, string>>;
};

/** The client asks for JSON; else it gets the original's plain text. */
export const wantsJson = (c: HonoContext): boolean => /[/+]json\b/.test(c.req.header('accept') ?? '');

export const ok: Answer = { status: 200, text: 'OK', json: { ok: true } };

export const idAnswer = (id: string): Answer => ({ status: 200, text: id, json: { id } });

/** JSON in both ways to speak: lists and records. */
export const jsonAnswer = (json: unknown): Answer => ({ status: 200, text: JSON.stringify(json), json });

const STATUS_OF: Record<Refusal['kind'], ContentfulStatusCode> = { notFound: 404, conflict: 409, invalid: 400 };

/** The one mapping of a refusal to HTTP, and of what a command did to its answer. */
export function answerTo<Value>(result: CommandResult<Value>, show: (value: Value) => Answer): Answer {
  if (result.type === 'refused') return problem(STATUS_OF[result.refusal.kind], result.refusal.message);
  const answer = show(result.value);
  return result.position === null
    ? answer
    : { ...answer, headers: { ...answer.headers, 'Retainer-Position': result.position } };
}

/** An error: plain text, or problem details (RFC 9457). */
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

/** Sends an answer in the way the client speaks. */
export function send(c: HonoContext, { status, text, json, headers = {} }: Answer): Response {
  const isProblem = status >= 400;
  // A list is JSON however it is asked for; the original's clients read it so.
  const asJson = wantsJson(c) || (!isProblem && /^[[{]/.test(text));
  const type = asJson ? (isProblem ? 'application/problem+json' : 'application/json') : 'text/plain; charset=utf-8';
  return c.body(asJson ? JSON.stringify(json) : text, status, { ...headers, 'Content-Type': type });
}
