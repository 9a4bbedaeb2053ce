import { Hono } from 'hono';
import { HANDED_IN } from '../../postgres/handedIn.ts';
import type { Database } from '../../postgres/pool.ts';
import type { DrivenClock } from './clock.ts';
import { type Submitted, submit } from './held.ts';
import { EntityId } from './limits.ts';
import { Html } from './pages/html.tsx';
import { settle } from './settle.ts';
import { submittedForm } from './submittedForm.ts';
import { wantsJson } from './workerSide.tsx';

/** Fields that say what a form is for; they are no part of the answer. */
const RESERVED = new Set(['assignmentId', 'hitId', 'workerId', 'turkSubmitTo']);

/** Several values of one name are one text, as Mechanical Turk has them. */
const BETWEEN_VALUES = '|';

type Told = { readonly title: string; readonly says: string; readonly status: 200 | 400; readonly submitted: boolean };

const taken = (says: string): Told => ({ title: 'Submitted', says, status: 200, submitted: true });
const notTaken = (why: string): Told => ({ title: 'Not submitted', says: why, status: 400, submitted: false });

const TOLD: Readonly<Record<Submitted, Told>> = {
  submitted: taken('The HIT was submitted. You can close this page.'),
  already: taken('The HIT was submitted already, and your first answer stands. You can close this page.'),
  timeUp: notTaken('The time for this HIT ran out before it was submitted.'),
  givenBack: notTaken('This HIT was given back: it is not yours any more. Accept another one.'),
  unknown: notTaken(
    'There is no such assignment here: the page was opened with the address of another marketplace, or with none.',
  ),
};
const NO_ANSWER = notTaken(
  'The form had no answer in it: it needs at least one field with a name, besides assignmentId.',
);

/**
 * Where a landing page's form goes. As the real one does, it wants the assignment and at least one field more, by POST or,
 * as some libraries submit, by GET; it answers with a page that says what became of it.
 */
export function externalSubmitRoutes({ db, clock }: { db: Database; clock: DrivenClock }): Hono {
  return new Hono({ strict: false }).on(['GET', 'POST'], '/mturk/externalSubmit', async (c) => {
    const form = await submittedForm(c.req.raw);
    const told = form.type === 'bad' ? notTaken(`${capital(form.why)}.`) : await take({ db, clock }, form.entries);
    const { submitted, says, status } = told;
    if (wantsJson(c)) return c.json({ submitted, says }, submitted ? 200 : 409);
    return c.html(<InTheFrame {...told} />, status);
  });
}

async function take(
  { db, clock }: { db: Database; clock: DrivenClock },
  entries: readonly (readonly [name: string, value: string])[],
): Promise<Told> {
  const assignmentId = EntityId.safeParse(entries.find(([name]) => name === 'assignmentId')?.[1]);
  const answer = answerOf(entries);
  const now = await clock.now();
  await settle(db, now);
  if (!assignmentId.success) return TOLD.unknown;
  if (Object.keys(answer).length === 0) return NO_ANSWER;
  const became = await submit(db, { assignmentId: assignmentId.data, answer, now });
  if (became === 'submitted') {
    // Work whose review is not waited for is paid at once.
    await settle(db, now);
    await hintAt(db, assignmentId.data);
  }
  return TOLD[became];
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** The requester is told that there is something to look at, as MTurk's notifications would. */
const hintAt = (db: Database, assignmentId: string) =>
  db.query(
    `select pg_notify('${HANDED_IN}', json_build_object('marketplaceHitId', hit_id, 'assignmentId', assignment_id)::text)
     from marketplace.assignments where assignment_id = $1`,
    [assignmentId],
  );

/** Stands in the frame, where the landing page was; the marketplace's page around it says the rest. */
const InTheFrame = ({ title, says }: Told) => (
  <Html>
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <title>{title}</title>
      <link rel="stylesheet" href="/assets/pages.css" />
    </head>
    <body>
      <main>
        <h1>{title}</h1>
        <p>{says}</p>
      </main>
    </body>
  </Html>
);

/** The fields that are an answer, in the order in which they came first. */
function answerOf(entries: readonly (readonly [name: string, value: string])[]): Readonly<Record<string, string>> {
  const values = new Map<string, string>();
  for (const [name, value] of entries) {
    if (name === '' || RESERVED.has(name)) continue;
    const before = values.get(name);
    values.set(name, before === undefined ? value : `${before}${BETWEEN_VALUES}${value}`);
  }
  return Object.fromEntries(values);
}
