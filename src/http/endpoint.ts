import { type OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context as HonoContext } from 'hono';
import { accepts } from 'hono/accepts';
import type { Context } from '../commands/commands.ts';
import type { Actor } from '../domain/event.ts';
import type { ProtoHitId } from '../domain/ids.ts';
import { type Answer, problem, send } from './answers.ts';
import { type Authenticate, KEY_PARAMETERS } from './authentication.ts';
import { complaint, misspelt, namesUnknownTo } from './complaint.ts';
import { type Description, describe } from './description.ts';
import type { IdempotencyKeys } from './idempotency/keys.ts';
import { type Parameters, readParameters } from './parameters.ts';
import { adoptGivenId } from './requestLog.ts';
import { beyondLimit, type Concern, withoutScope } from './scopes.ts';

/** What middleware and endpoints leave for one another. */
export type Env = { Variables: { requestId: string; actor: Actor | undefined; isSecure: boolean } };

/** An application's path: what it takes, and what it does. */
export type Endpoint<Shape extends z.ZodRawShape> = Description<Shape> & {
  /** Its parameters only narrow what it is about: one that is misspelt would mean everything, so it is refused. */
  readonly narrows?: true;
  /** What it answers to a name that names nothing; also to a limited key that names what is not for it. */
  readonly absent?: Answer;
  /** Where parameters are packed in a way of their own: unpacks them, or answers what is wrong with that. */
  readonly unpack?: Unpack;
  /** Which ProtoHIT it is about; `of the caller`: it limits itself to theirs. Without it a limited key is refused. */
  readonly concerns?: 'of the caller' | ((input: z.output<z.ZodObject<Shape>>) => Promise<Concern>);
  readonly run: (input: z.output<z.ZodObject<Shape>>, context: Context, asked: Asked) => Promise<Answer>;
};

/** More of a request, for those who answer in several forms. */
export type Asked = {
  /** The one ProtoHIT that the caller is limited to; null: every one. */
  readonly limitedTo: ProtoHitId | null;
  /** Of an answer that goes on for long: whether they would be let in now. */
  readonly isStillLetIn: () => Promise<boolean>;
  readonly header: (name: string) => string | undefined;
  /** Aborts when the client left. To ask for it costs a whole Request. */
  readonly gone: () => AbortSignal;
  /** The media type that the client likes best, of those there are. */
  readonly accepts: (types: readonly string[], otherwise: string) => string;
};

export type Unpack = (
  given: Parameters,
) => { readonly type: 'read'; readonly parameters: Parameters } | { readonly type: 'bad'; readonly answer: Answer };

export type RegisterEndpoint = <Shape extends z.ZodRawShape>(endpoint: Endpoint<Shape>) => void;

/** Every path is served with and without the original's prefix. */
export const PREFIXES = ['/', '/retainer/'] as const;

const NO_SUCH_THING = problem(404, 'no such thing');

const notByHead = (methods: readonly string[]): Answer =>
  problem(405, `HEAD is not allowed here; ${methods.join(' and ')} ${methods.length === 1 ? 'is' : 'are'}`, {
    headers: { Allow: methods.join(', ') },
  });

/** Registers endpoints: a request is read, authenticated, checked, run once, and answered. */
export function endpointsOf(
  app: OpenAPIHono<Env>,
  {
    authenticate,
    resolve,
    oncePerKey,
  }: {
    authenticate: Authenticate;
    /** Finds what is named by a number. */
    resolve: (takes: z.ZodRawShape, given: Parameters) => Promise<ReturnType<Unpack>>;
    oncePerKey: IdempotencyKeys;
  },
): RegisterEndpoint {
  return (endpoint) => {
    const { paths, methods, takes, unpack, run, deprecated, scope, concerns, absent = NO_SUCH_THING } = endpoint;
    const schema = z.object(takes);
    const changes = scope === 'commands' || scope === 'admin';

    const answer = async (c: HonoContext<Env>): Promise<Answer> => {
      // Whoever only looks whether there is something must not set it off.
      if (changes && c.req.method === 'HEAD') return notByHead(methods);
      const read = await readParameters(c);
      if (read.type === 'bad') return read.answer;
      const authenticated = await authenticate(c, read.parameters, { changes });
      if (authenticated.type === 'denied') return authenticated.answer;
      const { caller } = authenticated;
      const { actor, limitedTo } = caller;
      c.set('actor', actor);
      adoptGivenId(c);
      const scopeless = withoutScope(caller, scope);
      if (scopeless !== null) return scopeless;
      const unpacked = unpack ? unpack(read.parameters) : read;
      if (unpacked.type === 'bad') return unpacked.answer;
      const written = { ...unpacked.parameters, ...c.req.param() };
      const resolved = await resolve(takes, written);
      if (resolved.type === 'bad') return resolved.answer;
      const given = resolved.parameters;
      const parsed = schema.safeParse(given);
      const isStrict = endpoint.narrows === true || !changes || (unpack === undefined && isJson(c));
      if (!parsed.success) return complaint(takes, given, parsed.error, isStrict ? 'refused' : 'taken');
      const stranger = isStrict ? misspelt(takes, given) : null;
      if (stranger !== null) return stranger;
      if (limitedTo !== null && concerns !== 'of the caller') {
        const concern = concerns === undefined ? 'everything' : await concerns(parsed.data);
        const refused = beyondLimit(caller, concern, absent);
        if (refused !== null) return refused;
      }
      const context = { actor, requestId: c.get('requestId'), limitedTo, dailyBudgetCents: caller.dailyBudgetCents };
      const isStillLetIn = async (): Promise<boolean> => {
        const again = await authenticate(c, read.parameters, { changes });
        return (
          again.type === 'caller' && withoutScope(again.caller, scope) === null && again.caller.limitedTo === limitedTo
        );
      };
      const asked = { ...askedBy(c, limitedTo), isStillLetIn };
      // A look-up changes nothing: answered as it is now, however often it is repeated.
      if (scope === 'read' || scope === 'audit') return run(parsed.data, context, asked);
      const done = await oncePerKey(c, { actor, path: paths[0], parameters: parsed.data }, (idempotencyKey) =>
        run(parsed.data, { ...context, idempotencyKey }, asked),
      );
      const leftOut = Object.keys(written).filter((name) => !Object.hasOwn(given, name));
      const ignored = [...namesUnknownTo(takes, given), ...leftOut].map((name) =>
        encodeURIComponent(name).slice(0, 100),
      );
      return ignored.length === 0
        ? done
        : { ...done, headers: { ...done.headers, 'Retainer-Ignored': ignored.join(', ') } };
    };

    const headers = deprecated && {
      Deprecation: `@${deprecated.since}`,
      Link: `</${deprecated.successor}>; rel="successor-version"`,
    };
    const handle = async (c: HonoContext<Env>): Promise<Response> => {
      const answered = await answer(c);
      const told = { ...(isKeyInQuery(c) ? KEY_IN_QUERY : {}), ...headers };
      return send(c, { ...answered, headers: { ...answered.headers, ...told } });
    };
    for (const path of paths) for (const prefix of PREFIXES) app.on([...methods], [`${prefix}${path}`], handle);
    describe(app.openAPIRegistry, endpoint);
  };
}

const isJson = (c: HonoContext): boolean =>
  /^application\/([\w.-]+\+)?json\b/i.test(c.req.header('content-type') ?? '');

/** A query ends up in the logs of proxies: who sends a key in one is told that it will not be taken for ever. */
const KEY_IN_QUERY = { Deprecation: '@1796083200', Link: '</docs>; rel="deprecation"; type="text/html"' };

const isKeyInQuery = (c: HonoContext): boolean => KEY_PARAMETERS.some((name) => c.req.query(name) !== undefined);

const askedBy = (c: HonoContext, limitedTo: ProtoHitId | null): Omit<Asked, 'isStillLetIn'> => ({
  limitedTo,
  header: (name) => c.req.header(name),
  gone: () => c.req.raw.signal,
  accepts: (types, otherwise) => accepts(c, { header: 'Accept', supports: [...types], default: otherwise }),
});
