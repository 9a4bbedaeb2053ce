import { type Context, Hono } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';
import { z } from 'zod';
import type { Database } from '../../postgres/pool.ts';
import { inTransaction } from '../../postgres/pool.ts';
import type { DrivenClock } from './clock.ts';
import { frameUrl, landingPage } from './frame.ts';
import { assignmentsOf, giveBack } from './held.ts';
import type { NewId } from './ids.ts';
import { EntityId, WorkerId } from './limits.ts';
import { accept, offeredHits } from './offers.ts';
import { AtWork, Earnings, HitList, Notice, Preview } from './pages.tsx';
import { settle } from './settle.ts';

const LISTED = 100;
const COOKIE = 'simulatedWorker';

/** What a worker may say of themselves at the first visit. */
const Profile = z.object({
  country: z
    .string()
    .regex(/^[A-Z]{2}$/)
    .optional(),
  approval: z.coerce.number().int().min(0).max(100).optional(),
});

/**
 * The marketplace as a worker meets it: the list, preview, accept, the frame with the landing page, return, earnings.
 * Pages for people, JSON for simulated workers. Who comes without a workerId is given one.
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
  const submitTo = (): string => `${publicUrl()}/marketplace`;

  const workerOf = async (c: Context): Promise<string> => {
    const given = WorkerId.safeParse(c.req.query('workerId') ?? getCookie(c, COOKIE));
    const workerId = given.success ? given.data : `A${(await newId(db)).slice(0, 12)}`;
    if (!wantsJson(c)) setCookie(c, COOKIE, workerId, { path: '/marketplace', sameSite: 'Lax', httpOnly: true });
    return workerId;
  };
  const settled = async (): Promise<number> => {
    const now = await clock.now();
    await settle(db, now);
    return now;
  };
  const refuse = (c: Context, status: 400 | 404 | 409, title: string, text: string, workerId: string) =>
    wantsJson(c)
      ? c.json({ denied: text }, status)
      : c.html(<Notice title={title} text={text} workerId={workerId} />, status);

  routes.get('/', async (c) => {
    const workerId = await workerOf(c);
    const hits = await offeredHits(db, { now: await settled(), limit: LISTED });
    return wantsJson(c)
      ? c.json(hits.map(({ question, ...hit }) => hit))
      : c.html(<HitList hits={hits} workerId={workerId} />);
  });

  routes.get('/hits/:hitId', async (c) => {
    const workerId = await workerOf(c);
    const hitId = EntityId.safeParse(c.req.param('hitId'));
    const [hit] = hitId.success ? await offeredHits(db, { now: await settled(), limit: 1, hitId: hitId.data }) : [];
    if (hit === undefined) return refuse(c, 404, 'Gone', 'This HIT is not on the market any more.', workerId);
    const { url, frameHeight } = landingPage(hit.question);
    const src = frameUrl(url, { hitId: hit.hitId }, submitTo());
    return wantsJson(c)
      ? c.json({ ...hit, question: undefined, page: src })
      : c.html(<Preview hit={hit} workerId={workerId} src={src} height={frameHeight} />);
  });

  routes.post('/hits/:hitId/accept', async (c) => {
    const workerId = await workerOf(c);
    const hitId = EntityId.safeParse(c.req.param('hitId'));
    const profile = Profile.safeParse(c.req.query());
    if (!hitId.success) return refuse(c, 404, 'Gone', 'There is no such HIT.', workerId);
    if (!profile.success)
      return refuse(c, 400, 'Not accepted', 'country must be two capitals, approval a whole number to 100.', workerId);
    const now = await settled();
    const result = await inTransaction(db, (tx) =>
      accept(tx, { hitId: hitId.data, worker: { workerId, ...profile.data }, now, newId: () => newId(tx) }),
    );
    if ('denied' in result) return refuse(c, 409, 'Not accepted', result.denied, workerId);
    if (!wantsJson(c)) return c.redirect(`/marketplace/assignments/${result.assignmentId}`, 303);
    const [held] = await assignmentsOf(db, { workerId, ...result });
    const page = frameUrl(
      landingPage(held?.question ?? '').url,
      { ...result, hitId: hitId.data, workerId },
      submitTo(),
    );
    return c.json({ ...result, workerId, page });
  });

  routes.get('/assignments/:assignmentId', async (c) => {
    const workerId = await workerOf(c);
    const assignmentId = EntityId.safeParse(c.req.param('assignmentId'));
    await settled();
    const [held] = assignmentId.success ? await assignmentsOf(db, { workerId, assignmentId: assignmentId.data }) : [];
    if (held === undefined) return refuse(c, 404, 'Not yours', 'You hold no such assignment.', workerId);
    const { url, frameHeight } = landingPage(held.question);
    const src = frameUrl(url, held, submitTo());
    if (wantsJson(c)) return c.json({ ...held, question: undefined, page: src });
    return held.status === 'accepted'
      ? c.html(<AtWork held={held} src={src} height={frameHeight} />)
      : c.html(<Notice title={held.title} text={`This assignment is ${held.status}.`} workerId={workerId} />);
  });

  routes.post('/assignments/:assignmentId/return', async (c) => {
    const workerId = await workerOf(c);
    const assignmentId = EntityId.safeParse(c.req.param('assignmentId'));
    const returned = assignmentId.success && (await giveBack(db, { assignmentId: assignmentId.data, workerId }));
    if (wantsJson(c)) return c.json({ returned }, returned ? 200 : 409);
    return c.redirect('/marketplace', 303);
  });

  routes.get('/earnings', async (c) => {
    const workerId = await workerOf(c);
    await settled();
    const held = await assignmentsOf(db, { workerId });
    return wantsJson(c)
      ? c.json(held.map(({ question, ...one }) => one))
      : c.html(<Earnings held={held} workerId={workerId} />);
  });

  return routes;
}

/** Simulated workers ask for JSON, browsers for pages. */
export const wantsJson = (c: Context): boolean => (c.req.header('accept') ?? '').includes('application/json');
