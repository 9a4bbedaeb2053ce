import type { HttpBindings } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { type Context, Hono } from 'hono';
import type { Logger } from 'pino';
import { z } from 'zod';
import type { Commands } from '../../commands/commands.ts';
import { type AssignmentId, type Instant, MarketplaceHitId } from '../../domain/ids.ts';
import { PingType } from '../../domain/presence.ts';
import { StoreUnavailable } from '../../event-store/port.ts';
import { coalesce, TooManyWaiting } from '../../postgres/coalesce.ts';
import { type Database, isUnavailable } from '../../postgres/pool.ts';
import type { CaughtUp } from '../../projections/caughtUp.ts';
import { hitsByMarketplaceIds } from '../../projections/hits.ts';
import { type Task, tasksOf } from '../../projections/tasks.ts';
import type { AddressLimits } from '../access/limits.ts';
import { problem, send, statusOf } from '../answers.ts';
import { shown } from '../soundness.ts';
import { bellPage } from './bell.ts';
import type { ToldTask } from './call.ts';
import { createCallBoard } from './callBoard.ts';
import type { CalledHere } from './calledHere.ts';
import { examplePage } from './example.ts';
import { createFirstTold } from './firstTold.ts';
import { createHold, type Held } from './hold.ts';
import { answerOtherMethods } from './otherMethods.ts';
import { BELL_POLICY, examplePolicy, FOR_ANY_PAGE } from './protection.ts';
import { createRate } from './rate.ts';
import { createRepeats } from './repeats.ts';
import { createBuilt } from './script.ts';
import { createStreams, WORKER_STREAM_HEADERS } from './streams.ts';
import { createTelling } from './telling.ts';
import { createTokens } from './tokens.ts';
import { readAssignmentId, readVisitIds } from './visitIds.ts';

type WorkerEnv = { Bindings: HttpBindings };
type WorkerContext = Context<WorkerEnv>;

const LONGEST_WAIT_SECONDS = 60;
/** The paths that waiting pages call all the time. */
const HOT = /^https?:\/\/[^/]+\/(?:retainer\/)?(?:gettask|ping|wait)\//;
/** Pages are on other origins, and their script sends nothing but simple requests. */
const CORS = { 'Access-Control-Allow-Origin': '*' };
const JSON_HEADERS = { ...CORS, 'Content-Type': 'application/json', 'Cache-Control': 'no-store' };
/** Of a node that stops: a connection kept alive would hold it up. */
const LAST_HEADERS = { ...JSON_HEADERS, Connection: 'close' };
/** Holds the token that a page asked for. */
const TOKEN_HEADER = 'Retainer-Token';
/** Why a ping found that there is nothing to start or to wait for any more. */
const RELEASED_HEADER = 'Retainer-Released';
const TEXT_HEADERS = {
  ...CORS,
  'Content-Type': 'text/plain; charset=utf-8',
  'Cache-Control': 'no-store',
  'Access-Control-Expose-Headers': `${TOKEN_HEADER}, ${RELEASED_HEADER}`,
};
/** From the alarm to *Start*, by the page's clock. */
const ReactedAfterMs = z.coerce.number().int().nonnegative().max(86_400_000).optional();

const acceptsGzip = (c: WorkerContext): boolean =>
  /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/.test(c.req.header('accept-encoding') ?? '');

export type WorkerDependencies = {
  readonly commands: Pick<Commands, 'ping' | 'takeTask'>;
  readonly db: Database;
  readonly caughtUp: Pick<CaughtUp, 'onAssignments'>;
  readonly calledHere: Pick<CalledHere, 'onCalled'>;
  readonly settings: { readonly maxListeners: number; readonly responseTimeoutSeconds: number };
  readonly clock: () => Instant;
  readonly limits: AddressLimits;
  readonly publicUrl: () => string;
  /** How long a poll that overtakes its page's first ping is held for it, if not as usual. */
  readonly firstPingMs?: number | undefined;
  readonly log: Logger;
  readonly observe: {
    readonly answered: (what: 'poll' | 'ping' | 'wait') => void;
    readonly refused: (status: number) => void;
    /** The first time that this node hands out a task. */
    readonly told: (task: ToldTask, at: Instant) => void;
  };
};

/**
 * The paths of workers' pages: poll, wait, ping, the script. They take no key and answer any origin; they are
 * bounded by rate, by known HITs, and by how many assignments a HIT has.
 */
export function workerRoutes(deps: WorkerDependencies): {
  routes: Hono;
  /** Answers workers by a router that knows nothing else, thousands of times a second; leaves the rest to `rest`. */
  before: (rest: Hono['fetch']) => Hono['fetch'];
  /** Connected now: all who wait, and those of them who do so on a stream; and look-ups of tasks that wait for a query. */
  listeners: () => number;
  streams: () => number;
  lookUpsWaiting: () => number;
  close: () => void;
} {
  const { commands, db, log } = deps;
  const { answered, refused } = deps.observe;
  const ending = new AbortController();
  const lookUp = coalesce<AssignmentId, Task>((ids) => tasksOf(db, ids), { maxKeys: 20_000 });
  const board = createCallBoard({
    onAssignments: deps.caughtUp.onAssignments,
    onCalled: deps.calledHere.onCalled,
    mostListeners: deps.settings.maxListeners,
    log,
  });
  const told = createFirstTold(deps.observe.told);
  const telling = createTelling({
    takeTask: commands.takeTask,
    keptMs: deps.settings.responseTimeoutSeconds * 1000,
    clock: deps.clock,
  });
  const hold = createHold({ lookUp, board, telling, told, firstPingMs: deps.firstPingMs, ending: ending.signal });
  const streams = createStreams({ lookUp, board, telling, told });
  const { tokenOf, sessionOf } = createTokens(db);
  const isTooFast = createRate();
  const repeats = createRepeats();
  const { isFlood, takePlace, takeUnknown } = deps.limits;
  const routes = new Hono<WorkerEnv>({ strict: false });

  const refuse = (
    c: WorkerContext,
    status: 400 | 403 | 404 | 405 | 409 | 429 | 503,
    message: string,
    headers = {},
  ): Response => {
    refused(status);
    return send(c, problem(status, message, { headers: { ...CORS, ...headers } }));
  };
  const slowDown = (c: WorkerContext) =>
    refuse(c, 429, 'too many requests for this assignment', { 'Retry-After': '1' });
  const flood = (c: WorkerContext) => refuse(c, 429, 'too many requests from this address', { 'Retry-After': '1' });
  const tooMany = (c: WorkerContext) => refuse(c, 503, 'too many workers on this node', { 'Retry-After': '5' });

  const show = (c: WorkerContext, held: Held): Response => {
    if (held === 'unknown') return refuse(c, 404, 'Bad assignment');
    if (held === 'full') return tooMany(c);
    if (held === 'unproven') return refuse(c, 403, 'Bad assignment: it is signed, and this is not its token');
    answered('poll');
    return c.body(held.json, 200, ending.signal.aborted ? LAST_HEADERS : JSON_HEADERS);
  };

  routes.get('/gettask/assignment/:assignment_id', async (c) => {
    const read = readAssignmentId(c.req.param('assignment_id'));
    if (read.type === 'wrong') return refuse(c, 404, read.message);
    const id = read.value;
    if (isFlood(c)) return flood(c);
    if (isTooFast(id)) return slowDown(c);
    const wait = c.req.query('wait');
    const waitSeconds = wait === undefined ? 0 : Number(wait);
    if (!(waitSeconds >= 0 && waitSeconds <= LONGEST_WAIT_SECONDS))
      return refuse(
        c,
        400,
        `wait must be a number from 0 to ${LONGEST_WAIT_SECONDS} seconds, got "${wait?.slice(0, 40)}"`,
      );
    // Asking for the signal costs a whole Request: most polls do without.
    const gone = waitSeconds > 0 ? c.req.raw.signal : undefined;
    const session = await sessionOf(id, c.req.query('token'));
    const giveBack = waitSeconds > 0 ? takePlace(c) : () => {};
    if (giveBack === null) return tooMany(c);
    const waitMs = waitSeconds * 1000;
    const held = await hold(id, { waitMs, session, gone, takeUnknown: () => takeUnknown(c) }).finally(giveBack);
    return show(c, held);
  });

  routes.get('/wait/assignment/:assignment_id', async (c) => {
    const read = readAssignmentId(c.req.param('assignment_id'));
    if (read.type === 'wrong') return refuse(c, 404, read.message);
    const id = read.value;
    if (isFlood(c)) return flood(c);
    if (isTooFast(id)) return slowDown(c);
    if (c.req.method === 'HEAD') return c.body(null, 200, WORKER_STREAM_HEADERS);
    const session = await sessionOf(id, c.req.query('token'));
    const held = await hold(id, { waitMs: 0, session, takeUnknown: () => takeUnknown(c) });
    if (typeof held === 'string' || ending.signal.aborted) return show(c, held);
    const giveBack = takePlace(c);
    if (giveBack === null) return tooMany(c);
    if (!streams.open(id, session, c.env.outgoing)) {
      giveBack();
      return tooMany(c);
    }
    if (c.env.outgoing.destroyed) giveBack();
    else c.env.outgoing.once('close', giveBack);
    answered('wait');
    return RESPONSE_ALREADY_SENT;
  });

  routes.on(
    ['GET', 'POST'],
    '/ping/worker/:worker_id/assignment/:assignment_id/hit/:hit_id/event/:ping_type',
    async (c) => {
      const { worker_id, assignment_id, hit_id, ping_type } = c.req.param();
      const pingType = PingType.safeParse(ping_type);
      if (!pingType.success)
        return refuse(c, 400, `Bad ping type: it must be ${PingType.options.join(' or ')}, got ${shown(ping_type)}`);
      const ids = readVisitIds({ worker_id, assignment_id, hit_id });
      if (ids.type === 'wrong') return refuse(c, 400, ids.message);
      const { workerId, assignmentId, marketplaceHitId } = ids.value;
      if (isFlood(c)) return flood(c);
      if (isTooFast(assignmentId)) return slowDown(c);
      const after = c.req.query('after');
      const reactedAfterMs = ReactedAfterMs.safeParse(after);
      if (!reactedAfterMs.success)
        return refuse(c, 400, `after must be milliseconds, a whole number up to 86400000, got ${shown(after)}`);
      const session = await sessionOf(assignmentId, c.req.query('token'));
      const shows = typeof session === 'object' ? `token ${session.generation}` : session;
      const said = `${workerId} ${marketplaceHitId} ${pingType.data} ${shows}`;
      if (pingType.data === 'waiting' && after === undefined && repeats.isRepeated(assignmentId, said)) {
        answered('ping');
        return c.body('OK', 200, TEXT_HEADERS);
      }
      if (repeats.isTooMuch(assignmentId)) return slowDown(c);
      const result = await commands.ping(
        // The assignment names what its pings are about better than an id nobody else knows.
        { actor: `worker:${workerId}`, requestId: assignmentId },
        {
          workerId,
          assignmentId,
          marketplaceHitId,
          pingType: pingType.data,
          session,
          reactedAfterMs: reactedAfterMs.data,
        },
      );
      if (result.type === 'refused') return refuse(c, statusOf(result.refusal), result.refusal.message);
      answered('ping');
      const { isSigned, generation, released } = result.value;
      const getsToken =
        isSigned && (typeof session === 'object' ? session.generation !== generation : session === 'asks');
      // A page that was told that the wait is over is told so again; and whoever had the token before is not answered by this.
      if (released === null) repeats.stored(assignmentId, getsToken ? '' : said);
      const headers = released === null ? TEXT_HEADERS : { ...TEXT_HEADERS, [RELEASED_HEADER]: released };
      if (getsToken) return c.body('OK', 200, { ...headers, [TOKEN_HEADER]: await tokenOf(assignmentId, generation) });
      return c.body('OK', 200, headers);
    },
  );

  const script = { built: createBuilt('retainer.js'), type: 'text/javascript; charset=utf-8' };
  const types = { built: createBuilt('retainer.d.ts'), type: 'text/plain; charset=utf-8' };
  const files = { '/retainer.js': script, '/static/retainer.js': script, '/retainer.d.ts': types };
  for (const [path, { built, type }] of Object.entries(files)) {
    routes.get(path, async (c) => {
      const { plain, gzipped } = await built(deps.publicUrl());
      const { body, etag, headers } = acceptsGzip(c) ? gzipped : plain;
      const always = { ...FOR_ANY_PAGE, ETag: etag, 'Cache-Control': 'public, max-age=300', Vary: 'Accept-Encoding' };
      if (c.req.header('if-none-match') === etag) return c.body(null, 304, always);
      return c.body(body, 200, { ...always, ...headers, 'Content-Type': type });
    });
  }
  routes.get('/example', async (c) => {
    const hitId = MarketplaceHitId.safeParse(c.req.query('hitId') ?? c.req.query('hit_id'));
    // The page is there without the database: its script tries again until the service is back.
    const hits = hitId.success ? await hitsByMarketplaceIds(db, [hitId.data]).catch(() => null) : null;
    const page = examplePage(deps.publicUrl(), hits?.values().next().value?.fields);
    return c.html(page, 200, examplePolicy(deps.publicUrl()));
  });
  routes.get('/bell', (c) => c.html(bellPage(), 200, BELL_POLICY));

  for (const path of ['/gettask/*', '/wait/*', '/ping/*'])
    routes.options(path, (c) =>
      c.body(null, 204, {
        ...CORS,
        'Access-Control-Allow-Methods': 'GET, POST',
        'Access-Control-Allow-Headers': c.req.header('access-control-request-headers') ?? '*',
        'Access-Control-Max-Age': '86400',
      }),
    );

  answerOtherMethods(routes, refuse);

  routes.onError((error, c) => {
    if (error instanceof StoreUnavailable || error instanceof TooManyWaiting || isUnavailable(error))
      return refuse(c, 503, 'the database is away or overloaded; try again', { 'Retry-After': '1' });
    log.error({ err: error }, "a worker's request failed");
    return send(c, problem(500, 'something went wrong', { headers: CORS }));
  });

  const alone = new Hono({ strict: false }).route('/', routes).route('/retainer', routes);
  return {
    routes: new Hono({ strict: false }).route('/', routes),
    before: (rest) => (request, env, context) =>
      HOT.test(request.url) ? alone.fetch(request, env, context) : rest(request, env, context),
    listeners: board.size,
    streams: streams.size,
    lookUpsWaiting: lookUp.waiting,
    close: () => {
      ending.abort();
      streams.close();
      board.close();
    },
  };
}
