import type { RecruitingRule } from '../../../../domain/recruiting.ts';
import { dollars } from '../../money.ts';
import { EXPECTED } from './fields.ts';
import { type Reckoning, reckon, type Values } from './read.ts';

/** What US federal law has employers pay; a mark to hold a wage against, not advice. */
const FEDERAL_MINIMUM_CENTS = 725;

/** What it costs and pays. The script of the page puts the server's newest in its place. */
export const Money = ({ values, recruiting }: { values: Values; recruiting: RecruitingRule }) => {
  const reckoning = reckon(values, recruiting);
  return (
    <div id="money" aria-live="polite">
      {reckoning === null ? (
        <p class="quiet">Once reward and people a HIT takes are right.</p>
      ) : (
        <Sums {...reckoning} recruiting={recruiting} />
      )}
    </div>
  );
};

const Sums = ({
  workers,
  rewardCents,
  feeCents,
  eachCents,
  inTotalCents,
  wageCentsAnHour,
  isForMany,
  places,
  allPlacesCents,
  recruiting: { policy },
}: Reckoning & { recruiting: RecruitingRule }) => (
  <>
    <dl class="sums">
      <div>
        <dt>reward</dt>
        <dd>{dollars(rewardCents)}</dd>
      </div>
      <div>
        <dt>marketplace’s fee, {isForMany ? '40 %: ten or more a HIT' : '20 %: fewer than ten a HIT'}</dt>
        <dd>{dollars(feeCents)}</dd>
      </div>
      <div>
        <dt>a person costs</dt>
        <dd>{dollars(eachCents)}</dd>
      </div>
      <div class="total">
        <dt>
          {workers} {workers === 1 ? 'person costs' : 'people cost'}
        </dt>
        <dd>{dollars(inTotalCents)}</dd>
      </div>
      <div>
        <dt>
          {policy === 'spare'
            ? `places on the market while ${workers} ${workers === 1 ? 'is' : 'are'} missing`
            : 'places posted a round while people are missing'}
        </dt>
        <dd>{places.toLocaleString('en-US')}</dd>
      </div>
      <div>
        <dt>each person who comes and is not needed</dt>
        <dd>{dollars(eachCents)}</dd>
      </div>
      <div>
        <dt>if people take {places === 1 ? 'that place' : `all ${places.toLocaleString('en-US')}`}</dt>
        <dd>{dollars(allPlacesCents)}</dd>
      </div>
      <div class="total">
        <dt>an hour pays</dt>
        <dd>{dollars(wageCentsAnHour)}</dd>
      </div>
    </dl>
    <p class="quiet">
      Some who come leave again, so a few places more are offered than people are missing. Whoever waited and is not
      needed is released, and paid in full.
    </p>
    {wageCentsAnHour < FEDERAL_MINIMUM_CENTS && (
      <p class="quiet">Less than {dollars(FEDERAL_MINIMUM_CENTS)} an hour, the US federal minimum wage.</p>
    )}
  </>
);

/** Beside the form: the money, and the HIT as a worker will see it. */
export const Aside = ({ values, recruiting }: { values: Values; recruiting: RecruitingRule }) => (
  <aside class="beside">
    <section class="panel" aria-labelledby="moneyTitle">
      <h2 id="moneyTitle">What it costs</h2>
      <div class="expected">
        {[EXPECTED.workers, EXPECTED.wait].map(({ name, label }) => (
          <label>
            {label}
            <input form="protoHit" name={name} value={values[name]} inputmode="numeric" />
          </label>
        ))}
      </div>
      <Money values={values} recruiting={recruiting} />
    </section>
    <section class="panel" aria-labelledby="previewTitle">
      <h2 id="previewTitle">What a worker sees</h2>
      <p class="hitTitle" data-shows="title">
        {values['title'] || 'No title yet'}
      </p>
      <p class="quiet">
        $<span data-shows="reward">{values['reward']}</span> ·{' '}
        <span data-shows="assignment_duration">{values['assignment_duration']}</span> seconds
      </p>
      <p data-shows="description">{values['description']}</p>
      <iframe
        id="landingPage"
        title="The landing page, as it shows before somebody accepts"
        sandbox="allow-scripts allow-forms"
        referrerpolicy="no-referrer"
        src={previewOf(values['url'] ?? '')}
        height={frameHeight(values['frame_height'])}
      />
    </section>
  </aside>
);

const frameHeight = (written: string | undefined): number => Math.min(Number(written) || 400, 900);

/** As the marketplace asks for it while nobody has accepted. */
function previewOf(written: string): string {
  if (!/^https?:\/\//i.test(written) || !URL.canParse(written)) return 'about:blank';
  const url = new URL(written);
  url.searchParams.set('assignmentId', 'ASSIGNMENT_ID_NOT_AVAILABLE');
  url.searchParams.set('hitId', 'PREVIEW');
  return url.href;
}
