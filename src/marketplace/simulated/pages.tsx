import type { PropsWithChildren } from 'hono/jsx';
import type { HeldAssignment } from './held.ts';
import { toDollars } from './money.ts';
import type { OfferedHit } from './offers.ts';

const STYLE = `
  :root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
  body { max-width: 56rem; margin: 2rem auto; padding: 0 1rem; }
  nav { display: flex; gap: 1rem; flex-wrap: wrap; align-items: baseline; border-bottom: 1px solid #8886; padding-bottom: .5rem; }
  table { border-collapse: collapse; width: 100%; } th, td { text-align: left; padding: .4rem .6rem .4rem 0; border-bottom: 1px solid #8884; }
  button { font: inherit; padding: .2em .8em; } iframe { width: 100%; border: 1px solid #8888; } form { display: inline; }
`;

const Page = ({ title, workerId, children }: PropsWithChildren<{ title: string; workerId: string }>) => (
  <html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <title>{title}</title>
      <style>{STYLE}</style>
    </head>
    <body>
      <nav>
        <strong>Simulated marketplace</strong>
        <a href="/marketplace">HITs</a>
        <a href="/marketplace/earnings">Earnings</a>
        <span>worker {workerId}</span>
      </nav>
      <main>
        <h1>{title}</h1>
        {children}
      </main>
    </body>
  </html>
);

export const HitList = ({ hits, workerId }: { hits: readonly OfferedHit[]; workerId: string }) => (
  <Page title="HITs, newest first" workerId={workerId}>
    {hits.length === 0 ? (
      <p>There is no HIT on the market. Make a reservation, and the next round of the scheduler posts some.</p>
    ) : (
      <table>
        <thead>
          <tr>
            <th>Title</th>
            <th>Reward</th>
            <th>Open</th>
            <th>Time</th>
            <th />
          </tr>
        </thead>
        <tbody>
          {hits.map((hit) => (
            <tr>
              <td>
                <a href={`/marketplace/hits/${hit.hitId}`}>{hit.title}</a>
              </td>
              <td>${toDollars(hit.rewardCents)}</td>
              <td>{hit.available}</td>
              <td>{Math.round(hit.assignmentDurationSeconds / 60)} min</td>
              <td>
                <AcceptButton hitId={hit.hitId} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    )}
  </Page>
);

const AcceptButton = ({ hitId }: { hitId: string }) => (
  <form method="post" action={`/marketplace/hits/${hitId}/accept`}>
    <button type="submit">Accept</button>
  </form>
);

/** The tokens of Mechanical Turk's own frame are not known; these let a landing page run and nothing more. */
const Frame = ({ src, height }: { src: string; height: number }) => (
  <iframe
    title="The requester's page"
    src={src}
    height={height > 0 ? height : 700}
    sandbox="allow-scripts allow-same-origin allow-forms"
  />
);

export const Preview = (props: { hit: OfferedHit; workerId: string; src: string; height: number }) => (
  <Page title={props.hit.title} workerId={props.workerId}>
    <p>{props.hit.description}</p>
    <p>
      ${toDollars(props.hit.rewardCents)} <AcceptButton hitId={props.hit.hitId} />
    </p>
    <Frame src={props.src} height={props.height} />
  </Page>
);

export const AtWork = (props: { held: HeldAssignment; src: string; height: number }) => (
  <Page title={props.held.title} workerId={props.held.workerId}>
    <p>
      ${toDollars(props.held.rewardCents)}{' '}
      <form method="post" action={`/marketplace/assignments/${props.held.assignmentId}/return`}>
        <button type="submit">Return</button>
      </form>
    </p>
    <Frame src={props.src} height={props.height} />
  </Page>
);

export const Earnings = ({ held, workerId }: { held: readonly HeldAssignment[]; workerId: string }) => (
  <Page title="Earnings" workerId={workerId}>
    <p>Paid in all: ${toDollars(held.reduce((sum, { paidCents }) => sum + paidCents, 0))}</p>
    <table>
      <thead>
        <tr>
          <th>HIT</th>
          <th>State</th>
          <th>Paid</th>
        </tr>
      </thead>
      <tbody>
        {held.map((one) => (
          <tr>
            <td>
              <a href={`/marketplace/assignments/${one.assignmentId}`}>{one.title}</a>
            </td>
            <td>{one.status}</td>
            <td>${toDollars(one.paidCents)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  </Page>
);

export const Notice = ({ title, text, workerId }: { title: string; text: string; workerId: string }) => (
  <Page title={title} workerId={workerId}>
    <p>{text}</p>
  </Page>
);
