import type { Instant } from '../../../domain/ids.ts';
import type { HeldAssignment } from '../held.ts';
import type { OfferedHit } from '../offers.ts';
import { Moment, Page, placeOf, requesterName, Side } from './layout.tsx';
import { AcceptButton } from './list.tsx';
import { dollars, duration, leastAnHour } from './words.ts';

/**
 * What a landing page may do in the frame. Scripts, forms, its own origin's storage; windows, for the bell that rings
 * where a frame may not, and those are not sandboxed, because a sandboxed one may not notify either. Never: navigate
 * the marketplace's page, open dialogs over it, or start downloads. A page of the service itself, which has the
 * marketplace's origin, could take the sandbox off; there is none that would. What Mechanical Turk's own frame allows
 * was never published; `strict` is the least that a page must get along with.
 */
const SANDBOX = {
  usual: 'allow-scripts allow-same-origin allow-forms allow-popups allow-popups-to-escape-sandbox',
  strict: 'allow-scripts allow-same-origin allow-forms',
};
/** Sound when a worker is called, and what many tasks need. No camera, microphone, or place. */
const ALLOW = { usual: 'autoplay; fullscreen; clipboard-write', strict: '' };
export type Strictness = keyof typeof SANDBOX;

type Framed = { readonly src: string; readonly height: number; readonly frame: Strictness };

const Frame = ({ src, height, frame }: Framed) => (
  <iframe
    title="The requester's page"
    src={src}
    // A height of 0 asks for as much as there is.
    style={height > 0 ? `height:${height}px` : 'height:80vh'}
    sandbox={SANDBOX[frame]}
    allow={ALLOW[frame]}
  />
);

/** The same page with the frame's other strictness: for requesters who want to know what theirs needs. */
const OtherFrame = ({ frame, path, workerId }: { frame: Strictness; path: string; workerId: string }) => (
  <p class="quiet small">
    {frame === 'strict'
      ? 'The frame is strict: no windows, no sound before a click. '
      : 'The frame lets the page run scripts, send forms, play sound and open windows. '}
    <a href={`${placeOf(path, workerId)}${frame === 'strict' ? '' : '&frame=strict'}`}>
      {frame === 'strict' ? 'Use the usual frame' : 'Use a strict frame'}
    </a>
  </p>
);

type Common = { readonly now: Instant; readonly hasRehearsal: boolean };

export const Preview = ({
  hit,
  workerId,
  now,
  hasRehearsal,
  ...framed
}: Common & Framed & { hit: OfferedHit; workerId: string }) => (
  <Page title={hit.title} workerId={workerId} now={now} hasRehearsal={hasRehearsal}>
    <Facts work={hit} title={hit.title}>
      <span>this is a preview</span>
    </Facts>
    <div class="row actions">
      <AcceptButton id="accept" hit={hit} workerId={workerId} />
      <a class="button" href={placeOf('', workerId)}>
        Back to the list
      </a>
    </div>
    <Frame {...framed} />
    <OtherFrame frame={framed.frame} path={`/hits/${hit.hitId}`} workerId={workerId} />
  </Page>
);

/** The HIT in work. When it is handed in or its time is up, the script finds another page in this one's place. */
export const AtWork = ({ held, now, hasRehearsal, ...framed }: Common & Framed & { held: HeldAssignment }) => (
  <Page title={held.title} workerId={held.workerId} now={now} hasRehearsal={hasRehearsal}>
    <div id="assignment" data-live>
      <Facts work={held} title={held.title}>
        <strong class="left">
          <Moment at={held.deadline} as="left" /> left
        </strong>
      </Facts>
      <Frame {...framed} />
      <form method="post" action={placeOf(`/assignments/${held.assignmentId}/return`, held.workerId)} class="actions">
        <details>
          <summary>Return this HIT…</summary>
          <p class="quiet small">You are not paid, not for waiting either; somebody else can do it.</p>
          <button id="return" type="submit">
            Return it unpaid
          </button>
        </details>
      </form>
    </div>
  </Page>
);

const Facts = ({
  work,
  title,
  children,
}: {
  work: Pick<OfferedHit, 'requester' | 'rewardCents' | 'assignmentDurationSeconds'>;
  title: string;
  children: unknown;
}) => (
  <>
    <h1>{title}</h1>
    <p class="facts">
      <strong>{dollars(work.rewardCents)}</strong>
      {children}
      <span class="quiet">
        {duration(work.assignmentDurationSeconds)} allotted: at least {leastAnHour(work)} an hour
      </span>
      <span class="quiet">by {requesterName(work.requester)}</span>
      <Side requester={work.requester} />
    </p>
  </>
);

/** What became of an assignment, and what to do next. */
export const Over = ({
  held,
  next,
  now,
  hasRehearsal,
}: Common & { held: HeldAssignment; next: { hitId: string; title: string } | undefined }) => (
  <Page title={held.title} workerId={held.workerId} now={now} hasRehearsal={hasRehearsal}>
    <div id="assignment" data-live data-said={outcome(held).title}>
      <div class={`panel outcome ${held.status}`}>
        <h1 tabindex={-1} data-focus>
          {outcome(held).title}
        </h1>
        <p class="lead">{outcome(held).text}</p>
        {held.status === 'submitted' && held.autoApprovalAt !== null && (
          <p class="quiet">
            If nobody looks at it, it is approved by itself in <Moment at={held.autoApprovalAt} as="left" />.
          </p>
        )}
        {held.feedback !== null && <blockquote>{held.feedback}</blockquote>}
        <div class="row actions">
          {next && <AcceptButton id="next" hit={next} workerId={held.workerId} words="Accept the next HIT" />}
          <a class="button" href={placeOf('', held.workerId)}>
            All HITs
          </a>
          <a class="button" href={placeOf('/earnings', held.workerId)}>
            What I earned
          </a>
        </div>
      </div>
      <p class="quiet">{held.title}</p>
    </div>
  </Page>
);

function outcome({ status, rewardCents, paidCents, bonusCents }: HeldAssignment): { title: string; text: string } {
  const reward = dollars(rewardCents);
  switch (status) {
    case 'approved':
      return {
        title: `You earned ${dollars(paidCents)}`,
        text:
          bonusCents > 0
            ? `Your work was approved and paid, with ${dollars(bonusCents)} on top. Thank you!`
            : 'Your work was approved and paid. Thank you!',
      };
    case 'submitted':
      return { title: 'Submitted. Thank you!', text: `The requester will look at your work, then you get ${reward}.` };
    case 'rejected':
      return { title: 'Not paid', text: `The requester turned this work down, so ${reward} was not paid.` };
    case 'returned':
      return { title: 'Returned', text: 'You gave this HIT back. Somebody else can do it now.' };
    case 'abandoned':
      return {
        title: 'The time is up',
        text: 'The time allotted for this HIT has passed, so it went back to the list.',
      };
    case 'accepted':
      return { title: 'In work', text: 'This HIT is yours.' };
  }
}
