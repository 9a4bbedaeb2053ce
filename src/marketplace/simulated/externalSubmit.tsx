import { Hono } from 'hono';
import { HANDED_IN } from '../../postgres/handedIn.ts';
import type { Database } from '../../postgres/pool.ts';
import type { DrivenClock } from './clock.ts';
import { submit } from './held.ts';
import { EntityId } from './limits.ts';
import { Html } from './pages/html.tsx';
import { settle } from './settle.ts';
import { wantsJson } from './workerSide.tsx';

/** Fields that say what a form is for; they are no part of the answer. */
const RESERVED = new Set(['assignmentId', 'hitId', 'workerId', 'turkSubmitTo']);

const TAKEN = 'The HIT was submitted. You can close this page.';
const NOT_TAKEN =
  'There is a problem with your submission: the assignment is not held any more, or the form had no answer in it.';

/**
 * Where a landing page's form goes. As the real one does, it wants the assignment and at least one field more, and
 * answers with a page that says what became of it.
 */
export function externalSubmitRoutes({ db, clock }: { db: Database; clock: DrivenClock }): Hono {
  return new Hono({ strict: false }).post('/mturk/externalSubmit', async (c) => {
    const form: Record<string, unknown> = await c.req.parseBody().catch(() => ({}));
    const assignmentId = EntityId.safeParse(form['assignmentId'] ?? c.req.query('assignmentId'));
    const answer = answerOf(form);
    const now = await clock.now();
    await settle(db, now);
    const taken =
      assignmentId.success &&
      Object.keys(answer).length > 0 &&
      (await submit(db, { assignmentId: assignmentId.data, answer, now }));
    // Work whose review is not waited for is paid at once.
    if (taken) await settle(db, now);
    if (taken && assignmentId.success) await hintAt(db, assignmentId.data);
    if (wantsJson(c)) return c.json({ submitted: taken }, taken ? 200 : 409);
    return c.html(<InTheFrame taken={taken} />, taken ? 200 : 400);
  });
}

/** The requester is told that there is something to look at, as MTurk's notifications would. */
const hintAt = (db: Database, assignmentId: string) =>
  db.query(
    `select pg_notify('${HANDED_IN}', json_build_object('marketplaceHitId', hit_id, 'assignmentId', assignment_id)::text)
     from marketplace.assignments where assignment_id = $1`,
    [assignmentId],
  );

/** Stands in the frame, where the landing page was; the marketplace's page around it says the rest. */
const InTheFrame = ({ taken }: { taken: boolean }) => (
  <Html>
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <title>{taken ? 'Submitted' : 'Not submitted'}</title>
      <link rel="stylesheet" href="/assets/pages.css" />
    </head>
    <body>
      <main>
        <h1>{taken ? 'Submitted' : 'Not submitted'}</h1>
        <p>{taken ? TAKEN : NOT_TAKEN}</p>
      </main>
    </body>
  </Html>
);

/** The fields that are an answer. Postgres' text holds no NUL. */
const answerOf = (form: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(form).flatMap(([field, value]) =>
      RESERVED.has(field) || typeof value !== 'string'
        ? []
        : [[field.replaceAll('\0', ''), value.replaceAll('\0', '')]],
    ),
  );
