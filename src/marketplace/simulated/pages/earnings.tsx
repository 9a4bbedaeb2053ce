import type { Instant } from '../../../domain/ids.ts';
import type { Earned, HeldAssignment } from '../held.ts';
import { Moment, Page, placeOf, Side } from './layout.tsx';
import { dollars } from './words.ts';

/** What a worker earned, and what became of each HIT of theirs. */
export const Earnings = ({
  held,
  earned,
  workerId,
  now,
  hasRehearsal,
}: {
  held: readonly HeldAssignment[];
  earned: Earned;
  workerId: string;
  now: Instant;
  hasRehearsal: boolean;
}) => (
  <Page title="Earnings" at="/earnings" workerId={workerId} now={now} hasRehearsal={hasRehearsal}>
    <h1>Earnings</h1>
    <div id="earnings" data-live data-said={`Paid in all: ${dollars(earned.rewards + earned.bonuses)}`}>
      <dl class="figures">
        <Figure name="paid in all" cents={earned.rewards + earned.bonuses} />
        <Figure name="for approved work" cents={earned.rewards} />
        <Figure name="bonuses" cents={earned.bonuses} />
        <Figure name="waiting for review" cents={earned.pending} />
        <Figure name="turned down" cents={earned.rejected} />
      </dl>
      {held.length === 0 ? (
        <p class="lead">
          Nothing yet. <a href={placeOf('', workerId)}>See what HITs there are.</a>
        </p>
      ) : (
        <table class="cards">
          <thead>
            <tr>
              {['HIT', 'State', 'Accepted', 'Reward', 'Bonus', 'Paid', 'Note'].map((name) => (
                <th scope="col">{name}</th>
              ))}
            </tr>
          </thead>
          <tbody>
            {held.map((one) => (
              <Row one={one} />
            ))}
          </tbody>
        </table>
      )}
    </div>
  </Page>
);

const Row = ({ one }: { one: HeldAssignment }) => (
  <tr>
    <td data-column="HIT">
      <span>
        <a id={`held-${one.assignmentId}`} href={placeOf(`/assignments/${one.assignmentId}`, one.workerId)}>
          {one.title}
        </a>{' '}
        <Side requester={one.requester} />
      </span>
    </td>
    <td data-column="State">
      <span class={`tag ${one.status}`}>{STATES[one.status]}</span>
    </td>
    <td data-column="Accepted">
      <Moment at={one.acceptedAt} />
    </td>
    <td data-column="Reward">{dollars(one.rewardCents)}</td>
    <td data-column="Bonus">{one.bonusCents > 0 ? dollars(one.bonusCents) : ''}</td>
    <td data-column="Paid">{dollars(one.paidCents)}</td>
    <td data-column="Note">{[one.feedback, ...one.bonusReasons].filter((note) => note !== null).join(' · ')}</td>
  </tr>
);

const STATES: Readonly<Record<HeldAssignment['status'], string>> = {
  accepted: 'in work',
  submitted: 'waiting for review',
  approved: 'approved',
  rejected: 'turned down',
  returned: 'returned',
  abandoned: 'time was up',
};

const Figure = ({ name, cents }: { name: string; cents: number }) => (
  <div>
    <dt>{name}</dt>
    <dd>{dollars(cents)}</dd>
  </div>
);
