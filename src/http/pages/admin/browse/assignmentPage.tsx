import type { BonusRow } from '../../../../projections/bonuses.ts';
import type { AssignmentRow } from '../../../../projections/browse/assignments.ts';
import { Field } from '../../form.tsx';
import { Csrf } from '../../layout.tsx';
import { dollars } from '../../money.ts';
import { Moment, Table } from '../../table.tsx';
import { Unsigned } from '../../unsigned.tsx';
import type { AdminVisit } from '../guard.ts';
import { AdminPage } from '../layout.tsx';
import { PhaseTag } from './phases.tsx';

export type Errors = { readonly feedback?: string; readonly dollars?: string; readonly reason?: string };

/** One assignment: how it went, what was handed in, and what is decided about it. */
export const AssignmentPage = ({
  visit,
  assignment,
  bonuses,
  errors = {},
  problem,
}: {
  visit: AdminVisit;
  assignment: AssignmentRow;
  bonuses: readonly BonusRow[];
  errors?: Errors;
  problem?: string | undefined;
}) => {
  const { assignmentId, workerId, phase, answer, feedback, askedBy, asked } = assignment;
  const isHandedIn = phase === 'submitted' || phase === 'approved' || phase === 'rejected';
  return (
    <AdminPage title={`Assignment ${assignmentId}`} at="/admin/assignments" visit={visit} problem={problem}>
      <p>
        <PhaseTag row={assignment} /> by <a href={`/admin/workers/${workerId}`}>worker {workerId}</a>
        {assignment.isBlocked && <span class="tag rejected">blocked</span>}
        <Unsigned isSigned={assignment.isSigned} /> for <strong>{dollars(assignment.rewardCents)}</strong>
        {assignment.reservationId !== null && (
          <>
            , called to task {assignment.foreignId}:{' '}
            <a href={`/status/reservation/${assignment.reservationId}`}>the story</a>
          </>
        )}
      </p>
      <dl class="facts">
        <Time name="Accepted" at={assignment.acceptedAt} />
        <Time name="Came" at={assignment.arrivedAt} />
        <Time name="Called" at={assignment.calledAt} />
        <Time name="Responded" at={assignment.respondedAt} />
        <Time name="Handed in" at={assignment.submittedAt} />
        <Time name="Reviewed" at={assignment.reviewedAt} />
      </dl>
      <h2>What was handed in</h2>
      {answer === null ? (
        <p class="quiet">The marketplace has told of no answer.</p>
      ) : (
        <Table
          caption="What was handed in"
          none="An empty form."
          rows={answer}
          columns={[
            { name: 'Field', cell: ({ field }) => field },
            {
              name: 'Value',
              cell: ({ value, cut = false }) => (
                <>
                  <span class="answer">{value}</span>
                  {cut && <span class="warn"> … cut: it was longer than is kept</span>}
                </>
              ),
            },
          ]}
        />
      )}
      {assignment.fieldsLeftOut > 0 && (
        <p class="warn">{assignment.fieldsLeftOut} more fields were handed in than there was room to keep.</p>
      )}
      {feedback !== null && (
        <p>
          Rejected by {askedBy}: {feedback}
        </p>
      )}
      {(phase === 'submitted' || phase === 'rejected') && asked === null && (
        <Review visit={visit} assignment={assignment} error={errors.feedback} />
      )}
      <h2>Bonus</h2>
      <Table
        caption="Bonuses"
        none="None so far."
        rows={bonuses}
        columns={[
          { name: 'Granted', cell: ({ grantedAt }) => <Moment at={grantedAt} /> },
          { name: 'By', cell: ({ grantedBy }) => grantedBy },
          { name: 'Amount', isNumber: true, cell: ({ amountCents }) => dollars(amountCents) },
          { name: 'What for', cell: ({ reason }) => reason },
          { name: 'State', cell: (bonus) => <BonusState bonus={bonus} /> },
        ]}
      />
      {isHandedIn ? (
        <Grant visit={visit} assignmentId={assignmentId} errors={errors} />
      ) : (
        <p class="quiet">A bonus can be granted once the work is handed in: the marketplace knows of it only then.</p>
      )}
    </AdminPage>
  );
};

const Time = ({ name, at }: { name: string; at: number | null }) => (
  <div>
    <dt>{name}</dt>
    <dd>
      <Moment at={at} />
    </dd>
  </div>
);

const BonusState = ({ bonus: { phase, paidAt, fault } }: { bonus: BonusRow }) => {
  if (phase === 'granted') return <span class="quiet">on its way</span>;
  if (phase === 'failed') return <span class="warn">refused: {fault}</span>;
  return (
    <>
      <span class="tag approved">paid</span> <Moment at={paidAt} />
    </>
  );
};

const Review = ({
  visit,
  assignment: { assignmentId, phase },
  error,
}: {
  visit: AdminVisit;
  assignment: AssignmentRow;
  error?: string | undefined;
}) => (
  <form method="post" action={`/admin/assignments/${assignmentId}/review`}>
    <Csrf visitor={visit.visitor} />
    {phase === 'submitted' && (
      <Field
        name="feedback"
        label="Why not, if you reject"
        hint="The worker reads it."
        value={visit.form['feedback']}
        error={error}
        maxlength={1024}
      />
    )}
    <div class="row">
      <button class="main" type="submit" name="verdict" value="approve">
        {phase === 'rejected' ? 'Take the rejection back, and pay' : 'Approve'}
      </button>
      {phase === 'submitted' && (
        <button class="bad" type="submit" name="verdict" value="reject">
          Reject
        </button>
      )}
    </div>
  </form>
);

const Grant = ({ visit, assignmentId, errors }: { visit: AdminVisit; assignmentId: string; errors: Errors }) => (
  <form method="post" action={`/admin/assignments/${assignmentId}/bonus`}>
    <Csrf visitor={visit.visitor} />
    <input type="hidden" name="once" value={crypto.randomUUID()} />
    <Field
      name="dollars"
      label="US dollars"
      hint="On top of the reward; the marketplace adds its fee."
      value={visit.form['dollars']}
      error={errors.dollars}
      inputmode="decimal"
      required
    />
    <Field
      name="reason"
      label="What for"
      hint="The worker reads it."
      value={visit.form['reason']}
      error={errors.reason}
      maxlength={4096}
      required
    />
    <button type="submit">Grant the bonus</button>
  </form>
);
