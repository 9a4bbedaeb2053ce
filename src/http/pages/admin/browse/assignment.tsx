import { Hono } from 'hono';
import type { Commands } from '../../../../commands/commands.ts';
import { AssignmentId } from '../../../../domain/ids.ts';
import { BonusCents, BonusReason, Feedback } from '../../../../domain/review.ts';
import type { Database } from '../../../../postgres/pool.ts';
import { bonusesOf } from '../../../../projections/bonuses.ts';
import { findAssignment } from '../../../../projections/browse/assignments.ts';
import { dollars } from '../../money.ts';
import { type AdminGuard, type AdminVisit, goTo } from '../guard.ts';
import { noSuch } from '../notFound.tsx';
import { AssignmentPage, type Errors } from './assignmentPage.tsx';
import { inWords } from './assignments.tsx';

const PATH = '/admin/assignments/:id';

/** `/admin/assignments/<id>`: what one worker handed in, and what is decided about it: approval, rejection, bonus. */
export function oneAssignmentRoutes({
  commands,
  db,
  guard,
}: {
  commands: Pick<Commands, 'reviewAssignments' | 'grantBonus'>;
  db: Database;
  guard: AdminGuard;
}): Hono {
  const routes = new Hono({ strict: false });

  const shown = async (
    id: string | undefined,
    visit: AdminVisit,
    wrong: { errors?: Errors; problem?: string } = {},
  ) => {
    const assignmentId = AssignmentId.safeParse(id);
    if (!assignmentId.success) return null;
    const [assignment, bonuses] = await Promise.all([
      findAssignment(db, assignmentId.data),
      bonusesOf(db, assignmentId.data),
    ]);
    if (assignment === undefined) return null;
    return {
      assignmentId: assignmentId.data,
      page: <AssignmentPage visit={visit} assignment={assignment} bonuses={bonuses} {...wrong} />,
    };
  };

  routes.get(
    PATH,
    guard(async (c, visit) => {
      const known = await shown(c.req.param('id'), visit);
      return known === null ? noSuch(c, visit, 'assignment') : c.html(known.page);
    }),
  );

  routes.post(
    `${PATH}/review`,
    guard(async (c, visit) => {
      const { form, context } = visit;
      const feedback = Feedback.safeParse(form['feedback'] ?? '');
      const rejects = form['verdict'] === 'reject';
      const errors =
        rejects && !feedback.success
          ? { feedback: 'Tell them why, in 1 to 1024 characters: the worker reads it.' }
          : undefined;
      const known = await shown(c.req.param('id'), visit, { ...(errors && { errors }) });
      if (known === null) return noSuch(c, visit, 'assignment');
      if (errors !== undefined) return c.html(known.page, 400);
      if (!rejects && form['verdict'] !== 'approve') return c.text('verdict must be approve or reject.', 400);
      const verdict = rejects
        ? ({ type: 'reject', feedback: feedback.data ?? '' } as const)
        : ({ type: 'approve' } as const);
      const { assignmentId } = known;
      const result = await commands.reviewAssignments(context, { assignmentIds: [assignmentId], verdict });
      return goTo(c, `/admin/assignments/${assignmentId}`, inWords(verdict, result));
    }),
  );

  routes.post(
    `${PATH}/bonus`,
    guard(async (c, visit) => {
      const { form, context } = visit;
      const amount = /^\d{1,4}(\.\d{1,2})?$/.test(form['dollars'] ?? '')
        ? Math.round(Number(form['dollars']) * 100)
        : 0;
      const amountCents = BonusCents.safeParse(amount);
      const reason = BonusReason.safeParse(form['reason'] ?? '');
      const errors = {
        ...(amountCents.success ? {} : { dollars: 'The bonus must be an amount from 0.01 to 100.00 US dollars.' }),
        ...(reason.success ? {} : { reason: 'Tell them what for, in 1 to 4096 characters: the worker reads it.' }),
      };
      const known = await shown(c.req.param('id'), visit, { errors });
      if (known === null) return noSuch(c, visit, 'assignment');
      if (!amountCents.success || !reason.success) return c.html(known.page, 400);
      const { assignmentId } = known;
      // The form's own key: sent twice, it is one bonus.
      const once = { ...context, idempotencyKey: form['once'] === '' ? undefined : form['once'] };
      const granted = await commands.grantBonus(once, {
        assignmentId,
        amountCents: amountCents.data,
        reason: reason.data,
      });
      if (granted.type === 'refused') {
        const again = await shown(assignmentId, visit, { problem: `No bonus: ${granted.refusal.message}.` });
        return again === null ? noSuch(c, visit, 'assignment') : c.html(again.page, 409);
      }
      return goTo(c, `/admin/assignments/${assignmentId}`, `${dollars(amountCents.data)} on top are on their way.`);
    }),
  );
  return routes;
}
