import type { PropsWithChildren } from 'hono/jsx';
import type { Instant } from '../../../domain/ids.ts';
import type { Steward } from '../guard.ts';
import { Html } from './html.tsx';

/** Where a page of the marketplace is, for this worker: every link says who goes, so that two tabs can be two workers. */
export const placeOf = (path: string, workerId: string): string =>
  `/marketplace${path}?workerId=${encodeURIComponent(workerId)}`;

type PageProps = PropsWithChildren<{
  readonly title: string;
  /** Which of the places of the navigation this is. */
  readonly at?: '/' | '/earnings' | '/rehearsal';
  /** Who looks; null on pages that are no worker's. */
  readonly workerId: string | null;
  /** The marketplace's own time, which may be ahead of everybody's. */
  readonly now: Instant;
  /** Can simulated workers and faults be seen to from here? */
  readonly hasRehearsal: boolean;
}>;

/** What every page of the marketplace shares. The look, /assets/pages.css, is the one of the service that it is part of. */
export const Page = ({ title, at, workerId, now, hasRehearsal, children }: PageProps) => {
  const places = [
    ['/', 'HITs'],
    ['/earnings', 'Earnings'],
    ...(hasRehearsal ? ([['/rehearsal', 'Rehearsal']] as const) : []),
  ] as const;
  return (
    <Html>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>{`${title} · Marketplace`}</title>
        <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
        <link rel="stylesheet" href="/assets/pages.css" />
        <link rel="stylesheet" href="/assets/market.css" />
        <script type="module" src="/assets/market.js" />
      </head>
      <body class="market" data-now={now}>
        <a class="skip" href="#main">
          To the content
        </a>
        <header class="top">
          <strong>
            <a href={workerId === null ? '/marketplace' : placeOf('', workerId)}>Marketplace</a>
          </strong>
          <nav aria-label="Marketplace">
            {places.map(([path, name]) => (
              <a
                href={
                  workerId === null
                    ? `/marketplace${path === '/' ? '' : path}`
                    : placeOf(path === '/' ? '' : path, workerId)
                }
                aria-current={path === at ? 'page' : undefined}
              >
                {name}
              </a>
            ))}
          </nav>
          {workerId !== null && (
            <p class="who">
              <span class="quiet">You are</span> <strong class="mono">{workerId}</strong>
              <a href="/marketplace/another" target="_blank" rel="noopener">
                Another worker<span class="visually-hidden">, in a new tab</span> ↗
              </a>
            </p>
          )}
          <a class="quiet back" href="/">
            Retainer server
          </a>
        </header>
        <main id="main">{children}</main>
        <p id="said" class="visually-hidden" role="status" />
      </body>
    </Html>
  );
};

/** A moment. The page's script shows how far away it is, and goes on counting. */
export const Moment = ({ at, as = 'ago' }: { at: Instant; as?: 'ago' | 'left' }) => (
  <time datetime={new Date(at).toISOString()} data-shown={as}>
    {new Date(at).toISOString().slice(11, 19)} UTC
  </time>
);

/** Which side of the market a HIT is on: money is real on one of them only, as it would be on a real marketplace. */
export const Side = ({ requester }: { requester: string }) =>
  requester.startsWith('sandbox/') ? (
    <span class="tag waiting" title="The sandbox: play money, for trying things out">
      sandbox
    </span>
  ) : (
    <span class="tag called" title="The live side: what would be real money">
      live
    </span>
  );

export const requesterName = (requester: string): string => requester.slice(requester.indexOf('/') + 1);

/** What a form of an operator's sends along, so that the service knows that it is one of ours. */
export const Csrf = ({ visitor }: { visitor: Steward }) =>
  visitor.type === 'operator' ? <input type="hidden" name="csrf" value={visitor.csrf} /> : null;

/** What is said to a worker when there is nothing else to show. */
export const Notice = ({
  title,
  text,
  workerId,
  now,
  hasRehearsal,
}: {
  title: string;
  text: string;
  workerId: string;
  now: Instant;
  hasRehearsal: boolean;
}) => (
  <Page title={title} workerId={workerId} now={now} hasRehearsal={hasRehearsal}>
    <h1>{title}</h1>
    <p class="lead">{text}</p>
    <p>
      <a class="button main" href={placeOf('', workerId)}>
        See what else there is
      </a>
    </p>
  </Page>
);
