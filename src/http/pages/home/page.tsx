import type { Access } from '../../access/access.ts';
import { Page } from '../layout.tsx';
import type { Visitor } from '../visitor.ts';
import type { TourCommands } from './commands.ts';
import { OwnPage } from './ownPage.tsx';
import { Steps } from './steps.tsx';
import type { TourNow } from './tour.ts';

export type Tour = { readonly now: TourNow; readonly commands: TourCommands; readonly needsKey: boolean };

/** What this is, whether it is healthy, and the tour. Who would have to sign in is shown no more than the first two. */
export const HomePage = ({
  visitor,
  openTo,
  tour,
  hasMarketplace,
  version,
}: {
  visitor: Visitor | null;
  /** Null: one has to sign in, or show a key. */
  openTo: Access['openTo'] | null;
  /** Null: nobody may take it, or there is no marketplace to take it on. */
  tour: Tour | null;
  hasMarketplace: boolean;
  version: string;
}) => (
  <Page
    title="Home"
    at="/"
    visitor={visitor}
    scripts={['home.js']}
    styles={['home.css']}
    hasMarketplace={hasMarketplace}
  >
    <div class="hero">
      <h1>People on call for software</h1>
      <p>
        This retainer server keeps a pool of paid people waiting on a web page, so that an application that needs human
        judgement has exactly as many as it asked for within two seconds. It recruits them on a marketplace, calls them,
        pays those it did not need, and keeps every step in a log.
      </p>
    </div>
    {openTo !== null && <Open to={openTo} />}
    <Health version={version} />
    {visitor === null ? (
      <section class="panel" aria-labelledby="door">
        <h2 id="door">For operators</h2>
        <p>Reservations, workers and money are shown to those who sign in.</p>
        <p>
          <a class="button main" href="/admin/sign-in?next=%2F">
            Sign in
          </a>
        </p>
      </section>
    ) : tour === null ? (
      <section class="panel" aria-labelledby="notour">
        <h2 id="notour">The tour</h2>
        <p>
          It needs the marketplace that is built in, and this service recruits on another one. Start a second service
          with <code>MTURK=simulated</code> to take it. <a href="/status">The status page</a> shows what happens on this
          one.
        </p>
      </section>
    ) : (
      <Steps {...tour} />
    )}
    {visitor !== null && <OwnPage />}
  </Page>
);

const Open = ({ to }: { to: Access['openTo'] }) => (
  <p class={to === 'everybody' ? 'notice bad' : 'notice'}>
    <strong>
      {to === 'everybody'
        ? 'Open to whoever reaches it.'
        : 'Open to whoever reaches it on this machine, and to nobody else.'}
    </strong>{' '}
    No API key was ever issued and no operator added. From the first of either on, programs need a key and people sign
    in: <code>retainer key issue</code>, <code>retainer operator add NAME</code>.
  </p>
);

/** The parts that readyz asks, each with what goes wrong without it. */
const PARTS = [
  ['database', 'Database'],
  ['log', 'Event log'],
  ['readModels', 'Read models'],
  ['marketplace', 'Marketplace'],
] as const;

const Health = ({ version }: { version: string }) => (
  <section class="health" aria-labelledby="health">
    <h2 id="health" class="visually-hidden">
      Health
    </h2>
    <p id="healthy" class="tag" role="status">
      asking…
    </p>
    <ul>
      {PARTS.map(([part, name]) => (
        <li data-part={part}>
          <span class="lamp" aria-hidden="true" />
          {name}: <span data-state>…</span>
        </li>
      ))}
    </ul>
    <span class="quiet">version {version}</span>
  </section>
);
