import { type Context, Hono } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';
import { z } from 'zod';
import type { Instant } from '../../domain/ids.ts';
import type { Database } from '../../postgres/pool.ts';
import { inTransaction } from '../../postgres/pool.ts';
import type { DrivenClock } from './clock.ts';
import { frameUrl, landingPage } from './frame.ts';
import { assignmentsOf, earnedBy, giveBack, type HeldAssignment } from './held.ts';
import type { NewId } from './ids.ts';
import { EntityId, WorkerId } from './limits.ts';
import { accept, offeredGroups, offeredHits } from './offers.ts';
import { Earnings } from './pages/earnings.tsx';
import { Notice, placeOf } from './pages/layout.tsx';
import { HitList } from './pages/list.tsx';
import { AtWork, Over, Preview, type Strictness } from './pages/work.tsx';
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
 * Pages for people, JSON for simulated workers. Who comes without a workerId is who they were last time in this
 * browser, or is given one; every link of a page says who goes on, so that each tab stays the worker that it is.
 */
export function workerSideRoutes({
  db,
  clock,
  newId,
  publicUrl,
  hasRehearsal,
}: {
  db: Database;
  clock: DrivenClock;
  newId: NewId;
  publicUrl: () => string;
  hasRehearsal: boolean;
}): Hono {
  const routes = new Hono({ strict: false });
  const submitTo = (): string => `${publicUrl()}/marketplace`;
  const newWorker = async (): Promise<string> => `A${(await newId(db)).slice(0, 12)}`;

  const workerOf = async (c: Context): Promise<string> => {
    const given = WorkerId.safeParse(c.req.query('workerId'));
    if (given.success) return given.data;
    const known = WorkerId.safeParse(getCookie(c, COOKIE));
    const workerId = known.success ? known.data : await newWorker();
    if (!wantsJson(c)) setCookie(c, COOKIE, workerId, { path: '/marketplace', sameSite: 'Lax', httpOnly: true });
    return workerId;
  };
  const settled = async (): Promise<Instant> => {
    const now = await clock.now();
    await settle(db, now);
    return now;
  };
  const refuse = async (c: Context, status: 400 | 404 | 409, title: string, text: string, workerId: string) =>
    wantsJson(c)
      ? c.json({ denied: text }, status)
      : c.html(
          <Notice title={title} text={text} workerId={workerId} now={await clock.now()} hasRehearsal={hasRehearsal} />,
          status,
        );

  // Whoever names a worker that cannot be one is told so, not made somebody else.
  for (const path of ['/', '/hits/*', '/assignments/*', '/earnings'])
    routes.use(path, async (c, next) => {
      const given = c.req.query('workerId');
      if (given === undefined || WorkerId.safeParse(given).success) return next();
      const text = `workerId must be an A and then 1 to 63 capitals or digits, got ${JSON.stringify(given.slice(0, 80))}.`;
      return wantsJson(c) ? c.json({ denied: text }, 400) : c.text(text, 400);
    });

  routes.get('/', async (c) => {
    const workerId = await workerOf(c);
    const now = await settled();
    if (!wantsJson(c)) {
      const groups = await offeredGroups(db, { now, limit: LISTED, workerId });
      return c.html(<HitList groups={groups} workerId={workerId} now={now} hasRehearsal={hasRehearsal} />);
    }
    const hits = await offeredHits(db, { now, limit: LISTED, workerId });
    return c.json(hits.map(({ question, ...hit }) => hit));
  });

  routes.get('/another', async (c) => c.redirect(placeOf('', await newWorker()), 303));

  routes.get('/hits/:hitId', async (c) => {
    const workerId = await workerOf(c);
    const hitId = EntityId.safeParse(c.req.param('hitId'));
    const now = await settled();
    const [hit] = hitId.success ? await offeredHits(db, { now, limit: 1, hitId: hitId.data }) : [];
    if (hit === undefined) return refuse(c, 404, 'Gone', 'This HIT is not on the market any more.', workerId);
    const { url, frameHeight: height } = landingPage(hit.question);
    const src = frameUrl(url, { hitId: hit.hitId }, submitTo());
    if (wantsJson(c)) return c.json({ ...hit, question: undefined, page: src });
    return c.html(<Preview {...{ hit, workerId, src, height, now, hasRehearsal, frame: frameOf(c) }} />);
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
    if (!wantsJson(c)) return c.redirect(placeOf(`/assignments/${result.assignmentId}`, workerId), 303);
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
    const now = await settled();
    const [held] = assignmentId.success ? await assignmentsOf(db, { workerId, assignmentId: assignmentId.data }) : [];
    if (held === undefined) return refuse(c, 404, 'Not yours', 'You hold no such assignment.', workerId);
    const { url, frameHeight: height } = landingPage(held.question);
    const src = frameUrl(url, held, submitTo());
    if (wantsJson(c)) return c.json({ ...held, question: undefined, page: src });
    if (held.status === 'accepted')
      return c.html(<AtWork {...{ held, src, height, now, hasRehearsal, frame: frameOf(c) }} />);
    return c.html(<Over {...{ held, next: await nextFor(held, now), now, hasRehearsal }} />);
  });

  /** The newest HIT of the same kind, or else of any. */
  const nextFor = async ({ workerId, hitTypeId }: HeldAssignment, now: Instant) => {
    const groups = await offeredGroups(db, { now, limit: LISTED, workerId });
    return groups.find((group) => group.hitTypeId === hitTypeId) ?? groups[0];
  };

  routes.post('/assignments/:assignmentId/return', async (c) => {
    const workerId = await workerOf(c);
    const assignmentId = EntityId.safeParse(c.req.param('assignmentId'));
    const returned = assignmentId.success && (await giveBack(db, { assignmentId: assignmentId.data, workerId }));
    if (wantsJson(c)) return c.json({ returned }, returned ? 200 : 409);
    return c.redirect(placeOf(`/assignments/${c.req.param('assignmentId')}`, workerId), 303);
  });

  routes.get('/earnings', async (c) => {
    const workerId = await workerOf(c);
    const now = await settled();
    const [held, earned] = await Promise.all([assignmentsOf(db, { workerId }), earnedBy(db, workerId)]);
    if (wantsJson(c)) return c.json(held.map(({ question, ...one }) => one));
    return c.html(<Earnings {...{ held, earned, workerId, now, hasRehearsal }} />);
  });

  return routes;
}

const frameOf = (c: Context): Strictness => (c.req.query('frame') === 'strict' ? 'strict' : 'usual');

/** Simulated workers ask for JSON, browsers for pages. */
export const wantsJson = (c: Context): boolean => (c.req.header('accept') ?? '').includes('application/json');
