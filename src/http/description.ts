import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import type { Scope } from '../domain/apiKey.ts';
import { tagOf } from './openapi/tags.ts';

/** What the API's description says of an endpoint. */
export type Description<Shape extends z.ZodRawShape> = {
  readonly methods: readonly ('GET' | 'POST')[];
  /** Without a slash in front. All of them do the same; the first is the name by which idempotency keys know it. */
  readonly paths: readonly [string, ...string[]];
  readonly summary: string;
  /** What a key has to open for it. */
  readonly scope: Scope;
  /** What a success answers: the plain text, in words (null: it is the JSON), the JSON, and other media types. */
  readonly answers: {
    readonly text: string | null;
    readonly json: z.ZodType | null;
    readonly others?: readonly string[];
  };
  /** Since when, in seconds since 1970, and what replaced it. */
  readonly deprecated?: { readonly since: number; readonly successor: string };
  /** Query, form, JSON and path parameters alike. */
  readonly takes: Shape;
  /** How a body looks, where parameters are packed in a way of their own. */
  readonly packed?: { readonly form: z.ZodType; readonly json: z.ZodType };
  /** Parameters that may be left out only because an older name does as well: clients that are made from this give them. */
  readonly needed?: readonly (keyof Shape & string)[];
  /** Older names, which are taken and not described. */
  readonly olderNames?: readonly (keyof Shape & string)[];
  /** A request that works, as JSON. */
  readonly example?: Readonly<Record<string, unknown>>;
};

type Registry = OpenAPIHono['openAPIRegistry'];

const text = z.string();
const Problem = z
  .object({ type: z.string(), title: z.string(), status: z.int(), detail: z.string() })
  .openapi('Problem', { description: 'Problem details (RFC 9457)' });

const ERRORS: Readonly<Record<number, string>> = {
  400: 'A parameter is missing or wrong: the text names it, what came, and what would be right',
  401: 'A live API key is needed',
  403: "The key has not the scope, or is limited to another ProtoHIT; of a worker's page: it is not the assignment's own",
  404: 'No such thing',
  409: 'Not in its present state; or the first request with this Idempotency-Key is under way',
  413: 'The body is too large',
  415: 'The body is neither form-encoded nor JSON',
  422: 'The Idempotency-Key was used for another request',
  503: 'The database is away or overloaded: try again after Retry-After seconds',
};

const NEVER_OF_READS: ReadonlySet<string> = new Set(['413', '415', '422']);

export const errorResponses = (statuses: readonly string[] = Object.keys(ERRORS)) =>
  Object.fromEntries(
    statuses.map((status) => [
      status,
      {
        description: ERRORS[Number(status)] ?? 'Refused',
        content: { 'text/plain': { schema: text }, 'application/problem+json': { schema: Problem } },
      },
    ]),
  );

const idempotencyKey = z.object({
  'Idempotency-Key': z
    .string()
    .optional()
    .openapi({ description: 'Your name for this request: within a week a repetition is answered as the first' }),
});

/** Says in the API's description what an endpoint takes and answers, from the schemas that check it. */
export function describe<Shape extends z.ZodRawShape>(registry: Registry, endpoint: Description<Shape>): void {
  const { methods, paths, summary, answers, takes, packed, deprecated, example } = endpoint;
  const isNeeded = (name: string): boolean => endpoint.needed?.includes(name) === true;
  const isOlder = (name: string): boolean => endpoint.olderNames?.includes(name) === true;
  const described = Object.entries(takes)
    .filter(([name]) => !isOlder(name))
    .map(
      ([name, schema]) => [name, isNeeded(name) && schema instanceof z.ZodOptional ? schema.unwrap() : schema] as const,
    );
  // A list that can be asked for by POST too, for the original's clients, is described once.
  const shownMethods = endpoint.scope === 'read' && methods.includes('GET') ? (['GET'] as const) : methods;
  for (const registered of paths) {
    const path = `/${registered.replace(/:(\w+)(\{[^}]*\})?/g, '{$1}')}`;
    const inPath = new Set([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name));
    const part = (isIn: boolean) =>
      z.object(Object.fromEntries(described.filter(([name]) => inPath.has(name) === isIn)));
    const body = { form: packed?.form ?? part(false), json: packed?.json ?? part(false) };
    for (const method of shownMethods) {
      const isPost = method === 'POST';
      const bodyIsRequired = isPost && Object.values(takes).some((schema) => !isOptional(schema));
      registry.registerPath(
        createRoute({
          method: isPost ? 'post' : 'get',
          path,
          operationId: `${method.toLowerCase()} ${path.slice(1)}`
            .replace(/\W+(\w)/g, (_, letter) => letter.toUpperCase())
            .replace(/\W/g, ''),
          summary: registered === paths[0] ? summary : `${summary} (the same as ${paths[0]})`,
          description: `Needs a key with the scope \`${endpoint.scope}\` once any key was issued.`,
          tags: [tagOf(path)],
          ...(deprecated ? { deprecated: true } : {}),
          security: [{}, { bearer: [] }, { header: [] }, { query: [] }],
          request: {
            ...(inPath.size > 0 ? { params: part(true) } : {}),
            ...(isPost
              ? {
                  headers: idempotencyKey,
                  body: {
                    required: bodyIsRequired,
                    content: {
                      'application/x-www-form-urlencoded': { schema: body.form },
                      'application/json': { schema: body.json, ...(example === undefined ? {} : { example }) },
                    },
                  },
                }
              : { query: part(false) }),
          },
          responses: {
            200: {
              description:
                answers.text ??
                (answers.json === null ? summary : 'JSON; labelled as plain text unless `Accept` names it'),
              headers: z.object({
                'Retainer-Position': text.optional().openapi({ description: 'Where in the log the answer rests' }),
              }),
              content: {
                ...(answers.text === null && answers.json === null ? {} : { 'text/plain': { schema: text } }),
                ...(answers.json === null ? {} : { 'application/json': { schema: answers.json } }),
                ...Object.fromEntries((answers.others ?? []).map((type) => [type, { schema: text }])),
              },
            },
            ...errorResponses(Object.keys(ERRORS).filter((status) => isPost || !NEVER_OF_READS.has(status))),
          },
        }),
      );
    }
  }
}

/** May it be left out? */
const isOptional = (schema: unknown): boolean => schema instanceof z.ZodOptional;
