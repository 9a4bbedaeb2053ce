import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Context as HonoContext } from 'hono';
import { z } from 'zod';
import type { Context } from '../commands/commands.ts';
import { type Answer, problem, send } from './answers.ts';
import type { Authenticate } from './authentication.ts';
import type { Idempotency } from './idempotency.ts';
import { readParameters, shown } from './parameters.ts';

/** The variables that middleware leaves for the routes. */
export type Env = { Variables: { requestId: string } };

/** An application's path: what it takes, and what it does. It is served with and without the prefix. */
export type Endpoint<Shape extends z.ZodRawShape> = {
  readonly methods: readonly ('GET' | 'POST')[];
  /** Without a slash in front; the first is the one the API's description names. */
  readonly paths: readonly string[];
  readonly summary: string;
  /** What a success answers, in words. */
  readonly answers: string;
  readonly deprecated?: boolean;
  /** What is sent as query, form or JSON; path parameters are among them. */
  readonly takes: Shape;
  readonly run: (input: z.output<z.ZodObject<Shape>>, context: Context, c: HonoContext<Env>) => Promise<Answer>;
};

export type RegisterEndpoint = <Shape extends z.ZodRawShape>(endpoint: Endpoint<Shape>) => void;

const PREFIXES = ['/', '/retainer/'];

/** Registers endpoints: each is authenticated, parsed, run, answered, and described. */
export function endpointsOf(
  app: OpenAPIHono<Env>,
  { authenticate, idempotency }: { authenticate: Authenticate; idempotency: Idempotency },
): RegisterEndpoint {
  return (endpoint) => {
    const schema = z.object(endpoint.takes);
    const handle = async (c: HonoContext<Env>): Promise<Response> => {
      const read = await readParameters(c);
      if (read.type === 'bad') return send(c, read.answer);
      const actor = await authenticate(c, read.parameters);
      if (actor === null)
        return send(c, problem(401, 'Denied.', { headers: { 'WWW-Authenticate': 'Bearer realm="retainer"' } }));
      const given = { ...read.parameters, ...c.req.param() };
      const parsed = schema.safeParse(given);
      if (!parsed.success) return send(c, problem(400, complaint(endpoint.takes, given, parsed.error)));
      const answer = await idempotency(c, { actor, path: endpoint.paths[0] ?? '', body: read.body }, (idempotencyKey) =>
        endpoint.run(parsed.data, { actor, requestId: c.get('requestId'), idempotencyKey }, c),
      );
      return send(c, answer);
    };
    for (const path of endpoint.paths)
      for (const prefix of PREFIXES) app.on([...endpoint.methods], [`${prefix}${path}`], handle);
    describe(app, endpoint);
  };
}

/** All that is wrong with a request, a line each: the field, what would be right, and what came. */
export function complaint(takes: z.ZodRawShape, given: Readonly<Record<string, unknown>>, error: z.ZodError): string {
  const names = new Set(error.issues.map(({ path }) => String(path[0] ?? '')));
  return [...names]
    .map((name) => {
      const schema = takes[name];
      const expects = (schema instanceof z.ZodType ? expectationOf(schema) : undefined) ?? 'something else';
      return Object.hasOwn(given, name)
        ? `${name} must be ${expects}, got ${shown(given[name])}`
        : `${name} is missing: it must be ${expects}`;
    })
    .join('\n');
}

function expectationOf(schema: z.ZodType): string | undefined {
  const expects = schema.meta()?.['expects'];
  if (typeof expects === 'string') return expects;
  return schema instanceof z.ZodOptional && schema.def.innerType instanceof z.ZodType
    ? expectationOf(schema.def.innerType)
    : undefined;
}

function describe<Shape extends z.ZodRawShape>(app: OpenAPIHono<Env>, endpoint: Endpoint<Shape>): void {
  const path = `/${(endpoint.paths[0] ?? '').replace(/:(\w+)(\{[^}]*\})?/g, '{$1}')}`;
  const inPath = new Set([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? ''));
  const schema = z.object(endpoint.takes);
  const pick = (wanted: (name: string) => boolean) =>
    z.object(Object.fromEntries(Object.entries(schema.shape).filter(([name]) => wanted(name))));
  const fromPath = pick((name) => inPath.has(name));
  const rest = pick((name) => !inPath.has(name));
  const errors = Object.fromEntries(
    [400, 401, 404, 409, 503].map((status) => [
      status,
      {
        description: ERRORS[status] ?? '',
        content: {
          'text/plain': { schema: { type: 'string' as const } },
          'application/problem+json': { schema: PROBLEM },
        },
      },
    ]),
  );
  for (const method of endpoint.methods) {
    app.openAPIRegistry.registerPath({
      method: method === 'GET' ? 'get' : 'post',
      path,
      summary: endpoint.summary,
      ...(endpoint.deprecated ? { deprecated: true } : {}),
      security: [{}, { bearer: [] }, { header: [] }, { query: [] }],
      request: {
        ...(inPath.size > 0 ? { params: fromPath } : {}),
        ...(method === 'GET'
          ? { query: rest }
          : {
              body: {
                required: true,
                content: {
                  'application/x-www-form-urlencoded': { schema: rest },
                  'application/json': { schema: rest },
                },
              },
            }),
      },
      responses: {
        200: {
          description: endpoint.answers,
          content: { 'text/plain': { schema: { type: 'string' } }, 'application/json': { schema: {} } },
        },
        ...errors,
      },
    });
  }
}

const ERRORS: Readonly<Record<number, string>> = {
  400: 'A parameter is missing or wrong; the text names it, what came, and what would be right',
  401: 'A live API key is needed',
  404: 'No such thing',
  409: 'Not in its present state',
  503: 'The database or the log is away; try again after Retry-After seconds',
};

const PROBLEM = z.object({ type: z.string(), title: z.string(), status: z.int(), detail: z.string() });
