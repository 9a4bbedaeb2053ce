import type { Instant } from '../../../domain/ids.ts';
import type { Account } from '../account.ts';
import type { Crowd } from '../crowdOrder.ts';
import type { FaultRules } from '../faults.ts';
import type { Steward } from '../guard.ts';
import { BEHAVIOUR } from '../workers/behaviour.ts';
import { FaultRulesSection } from './faults.tsx';
import { Csrf, Page, requesterName, Side } from './layout.tsx';
import { counted, dollars } from './words.ts';

export type Rehearsed = {
  readonly crowd: Crowd;
  /** What the setting SIMULATED_WORKERS_PER_MINUTE says. */
  readonly settingPerMinute: number;
  /** Null: faults may not be injected. */
  readonly faults: FaultRules | null;
  readonly accounts: readonly (readonly [requester: string, account: Account])[];
};

/** What an operator does to the marketplace to try out what requesters and workers will meet. */
export const Rehearsal = ({
  visitor,
  now,
  problem,
  ...rehearsed
}: Rehearsed & { visitor: Steward; now: Instant; problem?: string | undefined }) => (
  <Page title="Rehearsal" at="/rehearsal" workerId={null} now={now} hasRehearsal>
    <h1>Rehearsal</h1>
    <p class="quiet">
      This marketplace is built in, to try things out before real people and real money. Here you fill it with simulated
      workers, and make it fail as real ones do.
    </p>
    {problem !== undefined && (
      <p class="notice bad" role="alert">
        {problem}
      </p>
    )}
    <CrowdSection {...rehearsed} visitor={visitor} />
    <FaultRulesSection inForce={rehearsed.faults} visitor={visitor} />
    <Books accounts={rehearsed.accounts} />
  </Page>
);

const USUAL_PATIENCE_MINUTES = Math.round(1 / BEHAVIOUR.leavingPerMinute);

const CrowdSection = ({ crowd, settingPerMinute, visitor }: Rehearsed & { visitor: Steward }) => {
  const perMinute = crowd.ratePerMinute ?? settingPerMinute;
  return (
    <section aria-labelledby="crowd-title">
      <h2 id="crowd-title">Simulated workers</h2>
      <p class="quiet">
        They call the same paths as people’s browsers: accept a HIT, wait, come when they are called, submit. They run
        nothing in your page: what they hand in is always <code>result=worked</code>. Some get bored and leave, some do
        not notice the call: as many as <em>Crowds in Two Seconds</em> (2011) measured, where the average one had{' '}
        {USUAL_PATIENCE_MINUTES} minutes of patience.
      </p>
      <dl id="crowd" class="figures" data-live data-said={`${counted(crowd.about, 'simulated worker')} about`}>
        <div>
          <dt>about now</dt>
          <dd id="about">{crowd.about.toLocaleString('en-US')}</dd>
        </div>
        <div>
          <dt>come in a minute</dt>
          <dd id="perMinute">{perMinute > 0 ? perMinute : 'none'}</dd>
        </div>
        <div>
          <dt>the average one waits</dt>
          <dd>{crowd.patienceMinutes ?? USUAL_PATIENCE_MINUTES} min</dd>
        </div>
      </dl>
      <form method="post" action="/marketplace/rehearsal/crowd" class="row end">
        <Csrf visitor={visitor} />
        <label>
          How many come in a minute
          <input
            name="ratePerMinute"
            type="number"
            min="0.1"
            max="10000"
            step="any"
            value={perMinute > 0 ? perMinute : 10}
            required
          />
        </label>
        <label>
          Minutes the average one waits
          <input
            name="patienceMinutes"
            type="number"
            min="0.1"
            max="1000"
            step="any"
            value={crowd.patienceMinutes ?? USUAL_PATIENCE_MINUTES}
            required
          />
        </label>
        <button class="main" type="submit">
          {perMinute > 0 ? 'Change' : 'Start'}
        </button>
      </form>
      <div class="row">
        <form method="post" action="/marketplace/rehearsal/crowd/stop">
          <Csrf visitor={visitor} />
          <button type="submit" disabled={perMinute === 0}>
            Stop
          </button>
        </form>
        <form method="post" action="/marketplace/rehearsal/crowd/away">
          <Csrf visitor={visitor} />
          <button type="submit" class="bad">
            Send everybody away
          </button>
        </form>
      </div>
      <p class="quiet small">
        After <em>Stop</em> nobody new comes, and who is here stays as long as they would. Who is sent away closes the
        page at once, whatever they were doing. This holds until it is changed here, over restarts too; before the first
        change it is as <code>SIMULATED_WORKERS_PER_MINUTE</code> says. One node sends the workers of all.
      </p>
    </section>
  );
};

/** What the requesters paid, and what the marketplace kept. */
const Books = ({ accounts }: Pick<Rehearsed, 'accounts'>) => (
  <section aria-labelledby="books-title">
    <h2 id="books-title">The books</h2>
    {accounts.length === 0 ? (
      <p class="quiet">No requester has posted anything yet.</p>
    ) : (
      <div id="books" data-live>
        <table class="cards">
          <thead>
            <tr>
              {['Requester', 'Paid in', 'Paid to workers', 'Fees', 'Held back', 'Left'].map((name) => (
                <th scope="col">{name}</th>
              ))}
            </tr>
          </thead>
          <tbody>
            {accounts.map(([requester, { deposits, paid, fees, liability, balance }]) => (
              <tr>
                <td data-column="Requester">
                  <span>
                    {requesterName(requester)} <Side requester={requester} />
                  </span>
                </td>
                <td data-column="Paid in">{dollars(deposits)}</td>
                <td data-column="Paid to workers">{dollars(paid)}</td>
                <td data-column="Fees">{dollars(fees)}</td>
                <td data-column="Held back">{dollars(liability)}</td>
                <td data-column="Left">{dollars(balance)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    )}
    <p class="quiet small">
      The marketplace keeps 20 % of what a worker gets, at least one cent; 20 % more of the rewards of HITs with ten or
      more places. <em>Held back</em> is for HITs on offer, in work, or waiting for review.
    </p>
  </section>
);
