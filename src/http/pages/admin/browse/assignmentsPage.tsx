import type { AssignmentFilter, AssignmentRow } from '../../../../projections/browse/assignments.ts';
import { Field } from '../../form.tsx';
import { Csrf } from '../../layout.tsx';
import { dollars } from '../../money.ts';
import { type Column, Moment, Table } from '../../table.tsx';
import { Unsigned } from '../../unsigned.tsx';
import type { AdminVisit } from '../guard.ts';
import { AdminPage } from '../layout.tsx';
import { Choice, Pager, type Query, Search } from './listing.tsx';
import { PHASES, PhaseTag } from './phases.tsx';

const PATH = '/admin/assignments';

/** The table, and under it what can be decided about the rows that are ticked. */
export const AssignmentsPage = ({
  visit,
  query,
  filter,
  rows,
  last,
  isFirst,
  problem,
  feedbackError,
}: {
  visit: AdminVisit;
  query: Query;
  filter: AssignmentFilter;
  rows: readonly AssignmentRow[];
  last: string | null;
  isFirst: boolean;
  problem?: string | undefined;
  feedbackError?: string | undefined;
}) => {
  const reviewable = rows.filter(isReviewable);
  const ticked = new Set((visit.form['chosen'] ?? '').split(' '));
  return (
    <AdminPage title="Assignments" at={PATH} visit={visit} problem={problem} scripts={['chooseAll.js']}>
      <p>
        <a href={`${PATH}?phase=submitted`} aria-current={filter.phase === 'submitted' ? 'true' : undefined}>
          The review queue
        </a>{' '}
        is what was handed in and nobody has decided about. What stays there is approved by the marketplace when the
        ProtoHIT's auto-approval delay is over.
      </p>
      <Search path={PATH} query={query} label="Id of an assignment, a worker, a HIT or a reservation">
        <Choice name="phase" label="State" all="every state" choices={PHASES} chosen={filter.phase} />
      </Search>
      <form method="post" action={`${PATH}/review`} class="review">
        <Csrf visitor={visit.visitor} />
        <input type="hidden" name="query" value={new URLSearchParams(query).toString()} />
        <input type="hidden" name="shown" value={reviewable.map(({ assignmentId }) => assignmentId).join(' ')} />
        {reviewable.length > 0 && (
          <label id="chooseAll" class="row" hidden>
            <input type="checkbox" /> Choose all {reviewable.length} on this page that can be decided about
          </label>
        )}
        <Table
          caption="Assignments"
          none={filter.phase === 'submitted' ? 'Nothing waits to be reviewed.' : 'No assignment is like that.'}
          rows={rows}
          columns={[choosing(ticked), ...COLUMNS]}
        />
        {(reviewable.length > 0 || feedbackError !== undefined) && (
          <Decide count={reviewable.length} visit={visit} error={feedbackError} />
        )}
      </form>
      <Pager path={PATH} query={query} last={last} isFirst={isFirst} csv={`${PATH}.csv`} />
    </AdminPage>
  );
};

const isReviewable = ({ phase, asked }: AssignmentRow): boolean =>
  (phase === 'submitted' || phase === 'rejected') && asked === null;

const Decide = ({ count, visit, error }: { count: number; visit: AdminVisit; error?: string | undefined }) => (
  <fieldset class="decide">
    <legend>Decide</legend>
    <div class="choose">
      <label>
        <input type="radio" name="of" value="chosen" checked={visit.form['of'] !== 'page'} /> about those ticked
      </label>
      <label>
        <input type="radio" name="of" value="page" checked={visit.form['of'] === 'page'} /> about{' '}
        {count === 1 ? 'the one' : `all ${count}`} on this page that can be
      </label>
    </div>
    <Field
      name="feedback"
      label="Why not, if you reject"
      hint="The worker reads it. A rejection costs them their pay and their record: say what was missing."
      value={visit.form['feedback']}
      error={error}
      maxlength={1024}
    />
    <div class="row">
      <button class="main" type="submit" name="verdict" value="approve">
        Approve
      </button>
      <button class="bad" type="submit" name="verdict" value="reject">
        Reject
      </button>
    </div>
  </fieldset>
);

const choosing = (ticked: ReadonlySet<string>): Column<AssignmentRow> => ({
  name: 'Choose',
  isQuiet: true,
  cell: (row) =>
    isReviewable(row) ? (
      <input
        type="checkbox"
        name="chosen"
        value={row.assignmentId}
        checked={ticked.has(row.assignmentId)}
        aria-label={`Choose ${row.assignmentId}`}
      />
    ) : null,
});

const COLUMNS: readonly Column<AssignmentRow>[] = [
  { name: 'Assignment', cell: ({ assignmentId }) => <a href={`${PATH}/${assignmentId}`}>{assignmentId}</a> },
  {
    name: 'Worker',
    cell: ({ workerId, isBlocked, isSigned }) => (
      <span>
        <a class="who" href={`/admin/workers/${workerId}`}>
          {workerId}
        </a>{' '}
        {isBlocked && <span class="tag rejected">blocked</span>}
        <Unsigned isSigned={isSigned} />
      </span>
    ),
  },
  { name: 'Reservation', cell: (row) => <Asked row={row} /> },
  { name: 'Answer', cell: ({ answer }) => <Shortly text={answer && answerInWords(answer)} /> },
  { name: 'ProtoHIT', cell: ({ hitTypeId, title }) => <span title={title ?? undefined}>{hitTypeId ?? '–'}</span> },
  { name: 'State', cell: (row) => <PhaseTag row={row} /> },
  { name: 'Handed in', cell: ({ submittedAt }) => <Moment at={submittedAt} /> },
  {
    name: 'Reward',
    isNumber: true,
    cell: ({ rewardCents, bonusCents, bonusOwedCents }) =>
      dollars(rewardCents) + (bonusCents + bonusOwedCents === 0 ? '' : ` + ${dollars(bonusCents + bonusOwedCents)}`),
  },
];

const SHORT = 80;

const answerInWords = (answer: NonNullable<AssignmentRow['answer']>): string =>
  answer.map(({ field, value }) => `${field}: ${value}`).join(', ');

const Shortly = ({ text }: { text: string | null }) =>
  text === null ? <>–</> : <span class="answer">{text.length > SHORT ? `${text.slice(0, SHORT)}…` : text}</span>;

/** What it was done for, and what was asked: the answer stands beside it. */
const Asked = ({ row: { reservationId, foreignId, question } }: { row: AssignmentRow }) =>
  reservationId === null ? (
    <>–</>
  ) : (
    <span>
      <a href={`/status/reservation/${reservationId}`}>{foreignId || reservationId}</a>
      {question !== null && (
        <span class="question">
          <Shortly text={question} />
        </span>
      )}
    </span>
  );
