import type { Context as HonoContext } from 'hono';
import { type Answer, problem } from './answers.ts';

/** What a request says, wherever it says it: query, form or JSON. */
export type Parameters = Readonly<Record<string, unknown>>;

export type ParametersResult =
  | { readonly type: 'read'; readonly parameters: Parameters; readonly body: string }
  | { readonly type: 'bad'; readonly answer: Answer };

const bad = (status: 400 | 415, message: string): ParametersResult => ({
  type: 'bad',
  answer: problem(status, message),
});

/** Deeper JSON than this is an attack or a mistake. */
const DEEPEST = 32;

/** C0 controls but tab, line feed and carriage return, and DEL. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/;

/**
 * Reads a request's parameters. Refuses what no parameter may be: a name given twice, text that is not well-formed
 * Unicode or holds control characters, JSON that is broken or too deep, a body of another type.
 */
export async function readParameters(c: HonoContext): Promise<ParametersResult> {
  const pairs = [...new URL(c.req.url).searchParams];
  let body = '';
  if (c.req.method !== 'GET' && c.req.method !== 'HEAD') {
    body = await c.req.text();
    const type = (c.req.header('content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
    if (body !== '') {
      if (type === 'application/json' || type.endsWith('+json')) return fromJson(pairs, body);
      if (type === 'multipart/form-data') {
        const form = await new Response(body, { headers: { 'Content-Type': c.req.header('content-type') ?? '' } })
          .formData()
          .catch(() => null);
        if (form === null) return bad(400, 'the multipart body is broken');
        for (const [name, value] of form) pairs.push([name, typeof value === 'string' ? value : await value.text()]);
      } else if (type === 'application/x-www-form-urlencoded' || type === '') {
        pairs.push(...new URLSearchParams(body));
      } else {
        return bad(415, `a body must be form-encoded or application/json, got "${type.slice(0, 100)}"`);
      }
    }
  }
  return fromPairs(pairs, body);
}

function fromPairs(pairs: readonly (readonly [string, string])[], body: string): ParametersResult {
  const parameters: Record<string, unknown> = {};
  for (const [name, value] of pairs) {
    if (Object.hasOwn(parameters, name)) return bad(400, `${shown(name)} is given twice`);
    Object.defineProperty(parameters, name, { value, enumerable: true });
  }
  return checked(parameters, body);
}

function fromJson(pairs: readonly (readonly [string, string])[], body: string): ParametersResult {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return bad(400, 'the body is not JSON');
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    return bad(400, 'the JSON body must be an object of parameters');
  const names = new Set(Object.keys(json));
  const twice = pairs.find(([name]) => names.has(name));
  if (twice) return bad(400, `${shown(twice[0])} is given twice`);
  return checked({ ...Object.fromEntries(pairs), ...json }, body);
}

function checked(parameters: Parameters, body: string): ParametersResult {
  for (const [name, value] of Object.entries(parameters)) {
    const wrong = textProblem(name) ?? unsound(value, 1);
    if (wrong !== null) return bad(400, `${shown(name)} ${wrong}`);
  }
  return { type: 'read', parameters, body };
}

/** What is wrong with any text in a value, or with its depth; null if nothing. */
export function unsound(value: unknown, depth: number): string | null {
  if (typeof value === 'string') return textProblem(value);
  if (typeof value !== 'object' || value === null) return null;
  if (depth >= DEEPEST) return `is nested deeper than ${DEEPEST} levels`;
  for (const [name, inner] of Object.entries(value)) {
    const wrong = textProblem(name) ?? unsound(inner, depth + 1);
    if (wrong !== null) return wrong;
  }
  return null;
}

const textProblem = (text: string): string | null => {
  if (!text.isWellFormed()) return 'holds a lone surrogate: it is not well-formed Unicode';
  return CONTROL.test(text) ? 'holds a control character' : null;
};

/** A value as an error message shows it: short, quoted, harmless. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  const safe = text.toWellFormed();
  return safe.length > 80 ? `${safe.slice(0, 77)}…` : safe;
}
