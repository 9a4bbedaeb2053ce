import { Hono } from 'hono';
import type { Database } from '../../postgres/pool.ts';
import type { DrivenClock } from './clock.ts';
import { submit } from './held.ts';
import { EntityId } from './limits.ts';
import { Notice } from './pages.tsx';
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
    if (wantsJson(c)) return c.json({ submitted: taken }, taken ? 200 : 409);
    const [title, text] = taken ? ['Submitted', TAKEN] : ['Not submitted', NOT_TAKEN];
    return c.html(<Notice title={title} text={text} workerId="" />, taken ? 200 : 400);
  });
}

/** The fields that are an answer. Postgres' text holds no NUL. */
const answerOf = (form: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(form).flatMap(([field, value]) =>
      RESERVED.has(field) || typeof value !== 'string'
        ? []
        : [[field.replaceAll('\0', ''), value.replaceAll('\0', '')]],
    ),
  );
