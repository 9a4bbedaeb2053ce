import { Hono } from 'hono';
import type { CommandResult, Commands } from '../../../../commands/commands.ts';
import type { Reviewed, Verdict } from '../../../../commands/reviews.ts';
import { AssignmentId } from '../../../../domain/ids.ts';
import { Feedback } from '../../../../domain/review.ts';
import type { Database } from '../../../../postgres/pool.ts';
import {
  type AssignmentFilter,
  type AssignmentRow,
  browseAssignments,
} from '../../../../projections/browse/assignments.ts';
import { type AdminGuard, type AdminVisit, goTo } from '../guard.ts';
import { AssignmentsPage } from './assignmentsPage.tsx';
import { type CsvColumn, csvFile, dollarsCell, momentCell, pagesOf } from './csv.ts';
import { nextPlace, type Query, queryOf, readChoice, readPage, readSearch } from './listing.tsx';
import { PHASES } from './phases.tsx';

const PATH = '/admin/assignments';
/** As many as a page shows at most. */
const MOST_AT_ONCE = 1_000;
/** Refusals that are told in full. */
const MOST_TOLD = 5;

const filterOf = (query: Query): AssignmentFilter => ({
  search: readSearch(query),
  phase: readChoice(
    PHASES.map(([phase]) => phase),
    query['phase'],
  ),
  workerId: null,
});
const placeOf = ({ arrivedAt: at, assignmentId: id }: AssignmentRow) => ({ at, id });

/** `/admin/assignments`: who came and what they handed in; the review of it, one by one or many at once. */
export function assignmentRoutes({
  commands,
  db,
  guard,
}: {
  commands: Pick<Commands, 'reviewAssignments'>;
  db: Database;
  guard: AdminGuard;
}): Hono {
  const routes = new Hono({ strict: false });

  const shown = async (visit: AdminVisit, query: Query, wrong: { problem?: string; feedbackError?: string } = {}) => {
    const page = readPage(query);
    const filter = filterOf(query);
    const rows = await browseAssignments(db, filter, page);
    const place = { last: nextPlace(rows, page, placeOf), isFirst: page.before === null };
    return <AssignmentsPage visit={visit} query={query} filter={filter} rows={rows} {...place} {...wrong} />;
  };

  routes.get(
    PATH,
    guard(async (c, visit) => c.html(await shown(visit, queryOf(c)))),
  );

  routes.get(
    `${PATH}.csv`,
    guard((c) => {
      const filter = filterOf(queryOf(c));
      return csvFile(
        c,
        'assignments',
        CSV_COLUMNS,
        pagesOf((page) => browseAssignments(db, filter, page), placeOf),
      );
    }),
  );

  routes.post(
    `${PATH}/review`,
    guard(async (c, visit) => {
      const { form, context } = visit;
      const query = Object.fromEntries(new URLSearchParams(form['query'] ?? ''));
      const again = async (wrong: { problem?: string; feedbackError?: string }) =>
        c.html(await shown(visit, query, wrong), 400);

      const named = (form['of'] === 'page' ? form['shown'] : form['chosen']) ?? '';
      const ids = named.split(' ').filter((id) => id !== '');
      const assignmentIds = ids.flatMap((id) => AssignmentId.safeParse(id).data ?? []);
      if (assignmentIds.length < ids.length) return again({ problem: 'chosen must be ids of assignments.' });
      if (assignmentIds.length === 0) return again({ problem: 'Nothing was chosen: tick the work that it is about.' });
      if (assignmentIds.length > MOST_AT_ONCE)
        return again({ problem: `At most ${MOST_AT_ONCE} can be decided about at once, not ${assignmentIds.length}.` });

      const verdict = verdictOf(form);
      if (verdict === null) return again({ problem: 'verdict must be approve or reject.' });
      if (verdict === 'no feedback')
        return again({ feedbackError: 'Tell them why, in 1 to 1024 characters: the worker reads it.' });
      const result = await commands.reviewAssignments(context, { assignmentIds, verdict });
      const parameters = new URLSearchParams(query);
      return goTo(c, parameters.size === 0 ? PATH : `${PATH}?${parameters}`, inWords(verdict, result));
    }),
  );
  return routes;
}

function verdictOf(form: AdminVisit['form']): Verdict | 'no feedback' | null {
  if (form['verdict'] === 'approve') return { type: 'approve' };
  if (form['verdict'] !== 'reject') return null;
  const feedback = Feedback.safeParse(form['feedback'] ?? '');
  return feedback.success ? { type: 'reject', feedback: feedback.data } : 'no feedback';
}

/** What came of it: of how many it was decided, and which were refused, why. */
export function inWords({ type }: Verdict, result: CommandResult<Reviewed>): string {
  if (result.type === 'refused') return `Nothing was decided: ${result.refusal.message}.`;
  const { done, refused } = result.value;
  const sent = `${done === 1 ? '1 is' : `${done} are`} to be ${type === 'approve' ? 'approved' : 'rejected'}: the marketplace is being told.`;
  if (refused.length === 0) return sent;
  const told = refused.slice(0, MOST_TOLD).map(({ assignmentId, why }) => `${assignmentId}: ${why}`);
  const more = refused.length > MOST_TOLD ? `, and ${refused.length - MOST_TOLD} more` : '';
  return `${sent} ${refused.length} could not be: ${told.join('; ')}${more}.`;
}

const CSV_COLUMNS: readonly CsvColumn<AssignmentRow>[] = [
  ['assignmentId', ({ assignmentId }) => assignmentId],
  ['workerId', ({ workerId }) => workerId],
  ['isSigned', ({ isSigned }) => isSigned],
  ['marketplaceHitId', ({ marketplaceHitId }) => marketplaceHitId],
  ['hitType', ({ hitTypeId }) => hitTypeId],
  ['sandbox', ({ sandbox }) => sandbox],
  ['state', ({ phase }) => phase],
  ['released', ({ released }) => released],
  ['reservationId', ({ reservationId }) => reservationId],
  ['foreignId', ({ foreignId }) => foreignId],
  ['arrivedAt', ({ arrivedAt }) => momentCell(arrivedAt)],
  ['calledAt', ({ calledAt }) => momentCell(calledAt)],
  ['respondedAt', ({ respondedAt }) => momentCell(respondedAt)],
  ['acceptedAt', ({ acceptedAt }) => momentCell(acceptedAt)],
  ['submittedAt', ({ submittedAt }) => momentCell(submittedAt)],
  ['reviewedAt', ({ reviewedAt }) => momentCell(reviewedAt)],
  ['rewardDollars', ({ rewardCents }) => dollarsCell(rewardCents)],
  ['bonusDollars', ({ bonusCents }) => dollarsCell(bonusCents)],
  ['feedback', ({ feedback }) => feedback],
  ['answer', ({ answer }) => answer],
  ['answerFieldsLeftOut', ({ fieldsLeftOut }) => fieldsLeftOut],
];
