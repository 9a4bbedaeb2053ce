import { type Context, Hono } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';
import { PREVIEW_ASSIGNMENT } from '../../domain/ids.ts';
import type { Database } from '../../postgres/pool.ts';
import { inTransaction } from '../../postgres/pool.ts';
import type { DrivenClock } from './clock.ts';
import type { NewId } from './ids.ts';
import { accept, assignmentsOf, giveBack, knownWorker, offeredHits, submit } from './market.ts';
import { AtWork, Earnings, HitList, Notice, Preview } from './pages.tsx';
import { readQuestion } from './question.ts';
import { settle } from './settle.ts';

const WORKER_ID = /^A[A-Z0-9]{1,63}$/;
const LISTED = 100;

/**
 * The marketplace as a worker meets it: the list, preview, accept, return, the frame with the landing page, submit,
 * earnings. Pages for people, JSON for simulated workers. Who comes without a workerId is given one.
 */
export function workerSideRoutes({
  db,
  clock,
  newId,
  publicUrl,
}: {
  db: Database;
  clock: DrivenClock;
  newId: NewId;
  publicUrl: () => string;
}): Hono {
  const routes = new Hono({ strict: false });
  const isJson = (c: Context): boolean => (c.req.header('accept') ?? '').includes('application/json');

  const workerOf = async (c: Context): Promise<string> => {
    const known = c.req.query('workerId') ?? getCookie(c, 'simulatedWorker') ?? '';
    const workerId = WORKER_ID.test(known) ? known : `A${(await newId(db)).slice(0, 12)}`;
    if (!isJson(c)) setCookie(c, 'simulatedWorker', workerId, { path: '/marketplace', sameSite: 'Lax' });
    return workerId;
  };

  /** What the real marketplace puts behind a landing page's address. */
  const frameUrl = (page: string, visit: { assignmentId: string; hitId: string; workerId?: string }): string => {
    const url = new URL(page);
    url.searchParams.set('assignmentId', visit.assignmentId);
    url.searchParams.set('hitId', visit.hitId);
    if (visit.workerId !== undefined) {
      url.searchParams.set('workerId', visit.workerId);
      url.searchParams.set('turkSubmitTo', `${publicUrl()}/marketplace`);
    }
    return url.href;
  };
  const landing = (question: string): { url: string; frameHeight: number } => {
    const read = readQuestion(question, { allowHttp: true });
    if (typeof read === 'string') throw new Error(`a HIT was stored with a question that cannot be read: ${read}`);
    return read;
  };

  const settled = async (): Promise<number> => {
    const now = await clock.now();
    await inTransaction(db, (tx) => settle(tx, now));
    return now;
  };

  routes.get('/', async (c) => {
    const workerId = await workerOf(c);
    const hits = await offeredHits(db, { now: await settled(), limit: LISTED });
    return isJson(c)
      ? c.json(hits.map(({ question, ...hit }) => hit))
      : c.html(<HitList hits={hits} workerId={workerId} />);
  });

  routes.get('/hits/:hitId', async (c) => {
    const workerId = await workerOf(c);
    const [hit] = await offeredHits(db, { now: await settled(), limit: 1, hitId: c.req.param('hitId') });
    if (hit === undefined)
      return c.html(<Notice title="Gone" text="This HIT is not on the market any more." workerId={workerId} />, 404);
    const { url, frameHeight } = landing(hit.question);
    const src = frameUrl(url, { assignmentId: PREVIEW_ASSIGNMENT, hitId: hit.hitId });
    return c.html(<Preview hit={hit} workerId={workerId} src={src} height={frameHeight} />);
  });

  routes.post('/hits/:hitId/accept', async (c) => {
    const workerId = await workerOf(c);
    const now = await settled();
    const { country, approval } = c.req.query();
    const result = await inTransaction(db, async (tx) => {
      const worker = await knownWorker(tx, workerId, {
        country,
        approval: approval === undefined ? undefined : Number(approval),
      });
      return accept(tx, { hitId: c.req.param('hitId'), worker, now, newId: () => newId(tx) });
    });
    if ('denied' in result)
      return isJson(c)
        ? c.json({ denied: result.denied }, 409)
        : c.html(<Notice title="Not accepted" text={result.denied} workerId={workerId} />, 409);
    if (!isJson(c)) return c.redirect(`/marketplace/assignments/${result.assignmentId}`, 303);
    const [held] = await assignmentsOf(db, { assignmentId: result.assignmentId });
    const page = frameUrl(landing(held?.question ?? '').url, { ...result, hitId: c.req.param('hitId'), workerId });
    return c.json({ ...result, workerId, page });
  });

  routes.get('/assignments/:assignmentId', async (c) => {
    const workerId = await workerOf(c);
    await settled();
    const [held] = await assignmentsOf(db, { workerId, assignmentId: c.req.param('assignmentId') });
    if (held === undefined)
      return c.html(<Notice title="Not yours" text="You hold no such assignment." workerId={workerId} />, 404);
    if (isJson(c)) return c.json({ ...held, question: undefined });
    if (held.status !== 'accepted')
      return c.html(<Notice title={held.title} text={`This assignment is ${held.status}.`} workerId={workerId} />);
    const { url, frameHeight } = landing(held.question);
    return c.html(<AtWork held={held} src={frameUrl(url, held)} height={frameHeight} />);
  });

  routes.post('/assignments/:assignmentId/return', async (c) => {
    const workerId = await workerOf(c);
    const returned = await giveBack(db, { assignmentId: c.req.param('assignmentId'), workerId });
    if (isJson(c)) return c.json({ returned }, returned ? 200 : 409);
    return c.redirect('/marketplace', 303);
  });

  routes.get('/earnings', async (c) => {
    const workerId = await workerOf(c);
    await settled();
    const held = await assignmentsOf(db, { workerId });
    return isJson(c)
      ? c.json(held.map(({ question, ...one }) => one))
      : c.html(<Earnings held={held} workerId={workerId} />);
  });

  /** Where a landing page's form goes. It needs the assignment and at least one field more, as the real one does. */
  routes.post('/mturk/externalSubmit', async (c) => {
    const form = await c.req.parseBody();
    const assignmentId = String(form['assignmentId'] ?? c.req.query('assignmentId') ?? '');
    const reserved = new Set(['assignmentId', 'hitId', 'workerId', 'turkSubmitTo']);
    const answer = Object.fromEntries(
      Object.entries(form).flatMap(([name, value]) =>
        reserved.has(name) || typeof value !== 'string' ? [] : [[name, value]],
      ),
    );
    const now = await settled();
    const taken =
      assignmentId !== PREVIEW_ASSIGNMENT &&
      Object.keys(answer).length > 0 &&
      (await submit(db, { assignmentId, answer, now }));
    await settled();
    if (isJson(c)) return c.json({ submitted: taken }, taken ? 200 : 409);
    const text = taken
      ? 'The HIT was submitted. You can close this page.'
      : 'There is a problem with your submission: the assignment is not held any more, or the form was empty.';
    return c.html(<Notice title={taken ? 'Submitted' : 'Not submitted'} text={text} workerId="" />, taken ? 200 : 400);
  });

  return routes;
}
