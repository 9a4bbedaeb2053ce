import type { WorkerId } from '../../../../domain/ids.ts';
import type { AssignmentRow } from '../../../../projections/browse/assignments.ts';
import type { WorkerShown } from '../../../../projections/browse/workers.ts';
import { Field } from '../../form.tsx';
import { Csrf } from '../../layout.tsx';
import { dollars } from '../../money.ts';
import { Moment, Table } from '../../table.tsx';
import { Unsigned } from '../../unsigned.tsx';
import type { AdminVisit } from '../guard.ts';
import { AdminPage } from '../layout.tsx';
import { PhaseTag } from './phases.tsx';

/** One person: their record, their last assignments, and whether they are welcome. */
export const WorkerPage = ({
  visit,
  workerId,
  worker,
  assignments,
  error,
}: {
  visit: AdminVisit;
  workerId: WorkerId;
  /** Undefined: nobody knows them. */
  worker: WorkerShown | undefined;
  assignments: readonly AssignmentRow[];
  /** What is wrong with the reason for a block. */
  error?: string | undefined;
}) => (
  <AdminPage title={`Worker ${workerId}`} at="/admin/workers" visit={visit}>
    {worker === undefined ? (
      <p>Nobody of this id has come here. They can be blocked before they do.</p>
    ) : (
      <dl class="facts">
        <Fact name="First here">
          <Moment at={worker.firstSeenAt} />
        </Fact>
        <Fact name="Last here">
          <Moment at={worker.lastSeenAt} />
        </Fact>
        <Fact name="Came">{worker.assignments}</Fact>
        <Fact name="Called">{worker.called}</Fact>
        <Fact name="Responded">{worker.responded}</Fact>
        <Fact name="Approved">{worker.approved}</Fact>
        <Fact name="Rejected">{worker.rejected}</Fact>
        <Fact name="Earned">{dollars(worker.earnedCents)}</Fact>
      </dl>
    )}
    {worker?.phase === 'blocked' ? (
      <Unblock visit={visit} worker={worker} />
    ) : (
      <Block visit={visit} workerId={workerId} error={error} />
    )}
    <h2>Assignments</h2>
    <Table
      caption="Last assignments"
      none="None."
      rows={assignments}
      columns={[
        { name: 'Came', cell: ({ arrivedAt }) => <Moment at={arrivedAt} /> },
        {
          name: 'Assignment',
          cell: ({ assignmentId, isSigned }) => (
            <span>
              <a href={`/admin/assignments/${assignmentId}`}>{assignmentId}</a>
              <Unsigned isSigned={isSigned} />
            </span>
          ),
        },
        { name: 'State', cell: (row) => <PhaseTag row={row} /> },
        { name: 'Task', cell: ({ foreignId }) => foreignId ?? '–' },
        { name: 'Reward', isNumber: true, cell: ({ rewardCents }) => dollars(rewardCents) },
        {
          name: 'Bonus',
          isNumber: true,
          cell: ({ bonusCents }) => (bonusCents === 0 ? '–' : dollars(bonusCents)),
        },
      ]}
    />
  </AdminPage>
);

const Fact = ({ name, children }: { name: string; children?: unknown }) => (
  <div>
    <dt>{name}</dt>
    <dd>{children}</dd>
  </div>
);

const Block = ({ visit, workerId, error }: { visit: AdminVisit; workerId: WorkerId; error?: string | undefined }) => (
  <>
    <h2>Block</h2>
    <form method="post" action={`/admin/workers/${workerId}/block`}>
      <Csrf visitor={visit.visitor} />
      <Field
        name="reason"
        label="Why"
        hint="The log keeps it. If the marketplace is told, it is told this."
        value={visit.form['reason']}
        error={error}
        maxlength={1024}
        required
      />
      <div class="check">
        <input type="checkbox" id="onMarketplace" name="onMarketplace" value="yes" aria-describedby="market-hint" />
        <label for="onMarketplace">Have the marketplace keep them from our HITs, too</label>
        <p class="hint" id="market-hint">
          Mechanical Turk counts such blocks against a worker and may suspend the account for a few: tick this for
          fraud, not for one poor answer. Without it they can still accept a HIT. They are then told at once that the
          wait is over, and what they submit comes to the review queue.
        </p>
      </div>
      <button class="bad" type="submit">
        Block
      </button>
    </form>
  </>
);

const TOLD = {
  blocking: 'The marketplace is being told.',
  blocked: 'The marketplace keeps them from our HITs, too.',
  unblocking: 'The marketplace is being told that they are welcome again.',
  unblocked: 'The marketplace was not told.',
} as const;

const Unblock = ({ visit, worker }: { visit: AdminVisit; worker: WorkerShown }) => (
  <section class="panel blocked" aria-label="Blocked">
    <p>
      <strong>Blocked</strong> <Moment at={worker.blockedAt} /> by {worker.blockedBy}: {worker.reason}
    </p>
    <p class="quiet">
      {TOLD[worker.marketplace]}
      {worker.fault !== null && ` It refused: ${worker.fault}`}
    </p>
    <form method="post" action={`/admin/workers/${worker.workerId}/unblock`}>
      <Csrf visitor={visit.visitor} />
      <button type="submit">Unblock</button>
    </form>
  </section>
);
