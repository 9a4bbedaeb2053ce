import type { ReservationRow } from '../../../projections/reservations.ts';
import { Page } from '../layout.tsx';
import { Unsigned } from '../unsigned.tsx';
import type { Visitor } from '../visitor.ts';

const FACTS = [
  ['protoHit', 'ProtoHIT'],
  ['expected', 'work expected'],
  ['invoked', 'invoked'],
] as const;

const KINDS = [
  ['waiting', 'waiting'],
  ['called', 'called'],
  ['working', 'at work'],
  ['submitted', 'submitted, in review'],
  ['released', 'released'],
  ['paid', 'paid'],
] as const;

type Shared = { readonly visitor: Visitor; readonly hasMarketplace: boolean };

/** One reservation. The server draws what stays; src/browser/pages/reservation/ draws its story as it happens. */
export const ReservationPage = ({ visitor, hasMarketplace, reservation }: Shared & { reservation: ReservationRow }) => (
  <Page
    title={`Reservation ${reservation.foreignId}`}
    at="/status"
    visitor={visitor}
    scripts={['reservation.js']}
    styles={['live.css', 'reservation.css']}
    hasMarketplace={hasMarketplace}
  >
    <p class="quiet">
      <a href="/status">Status</a> / reservation <span class="mono">{reservation.reservationId}</span>
    </p>
    <div
      id="reservation"
      class="row"
      data-id={reservation.reservationId}
      data-made={String(reservation.madeAt)}
      data-proto-hit={reservation.protoHitId}
    >
      <h1>{reservation.foreignId === '' ? '(no foreign id)' : reservation.foreignId}</h1>
      <span id="phase" class="tag">
        …
      </span>
      <span id="state" role="status" class="tag">
        connecting…
      </span>
    </div>
    <p id="problem" class="notice bad" role="alert" hidden />
    <noscript>
      <p class="notice bad">This page is live: it needs JavaScript.</p>
    </noscript>
    <p id="summary" aria-live="polite">
      …
    </p>
    <dl class="figures">
      {FACTS.map(([id, name]) => (
        <div>
          <dt>{name}</dt>
          <dd id={id}>…</dd>
        </div>
      ))}
      <div>
        <dt>dispatched</dt>
        <dd>
          <span id="places" /> <span id="held">…</span>
        </dd>
      </div>
      <div id="recruited" hidden>
        <dt>waiting for it</dt>
        <dd>
          <span id="waitingPeople" /> <span id="share" />
        </dd>
        <dd id="market" class="quiet words" />
      </div>
    </dl>
    <div class="row">
      <span id="actions" class="row" />
      <span>
        new HITs go to <button type="button" id="sandbox" class="side" aria-pressed="true" />
      </span>
    </div>
    {reservation.payload !== null && (
      <details>
        <summary>Payload</summary>
        <pre id="payload" tabindex={0}>
          {typeof reservation.payload === 'string' ? reservation.payload : JSON.stringify(reservation.payload, null, 2)}
        </pre>
      </details>
    )}
    <Timeline />
    <h2>The story, line by line</h2>
    <ol id="lines" class="story" />
    <template id="line">
      <li class="line">
        <time /> <span data-cell="what" />
        <span class="quiet" data-cell="why" />{' '}
        <button type="button">
          event
          <span class="visually-hidden" data-cell="number" />
        </button>
        <pre hidden tabindex={0} />
      </li>
    </template>
  </Page>
);

const Timeline = () => (
  <>
    <div class="row">
      <h2>Timeline</h2>
      <label class="row">
        <span class="quiet">show</span>
        <select id="span">
          <option value="all">all of it</option>
          <option value="call">the call</option>
        </select>
      </label>
    </div>
    <div class="row asof">
      <label for="asOf">As it was at</label>
      <input id="asOf" type="range" min="0" max="1000" value="1000" />
      <output id="asOfTime" for="asOf">
        now
      </output>
      <button type="button" id="toNow" hidden>
        Back to now
      </button>
    </div>
    <ul class="kinds" aria-label="What the colours mean">
      {KINDS.map(([kind, name]) => (
        <li>
          <i class={`stretch ${kind}`} /> {name}
        </li>
      ))}
    </ul>
    <div id="timeline" class="panel">
      <div id="marks" aria-hidden="true" />
      <p class="ends quiet">
        <span id="from" /> <span id="to" />
      </p>
      <ol id="people" class="bars" aria-label="Workers" />
      <ol id="hits" class="bars" aria-label="HITs posted for it" />
      <p id="nobody" class="quiet" hidden>
        Nobody has come so far.
      </p>
      <details id="others" hidden>
        <summary />
        <ol id="otherPeople" class="bars" aria-label="Others who waited at the time" />
        <p id="leftOut" class="quiet" hidden>
          Those who came first are shown; <code>retainer history --all</code> names all of them.
        </p>
      </details>
    </div>
    <template id="bar">
      <li>
        <details>
          <summary>
            <span class="label" data-cell="name" />
            <span class="track" aria-hidden="true" />
            <span class="words quiet">
              <span data-cell="words" />
              <span data-cell="unsigned" hidden>
                <Unsigned isSigned={false} />
              </span>
            </span>
          </summary>
          <p data-cell="called" />
          <p data-cell="paid" />
        </details>
      </li>
    </template>
  </>
);

export const NoReservationPage = ({ visitor, hasMarketplace }: Shared) => (
  <Page title="No such reservation" at="/status" visitor={visitor} hasMarketplace={hasMarketplace}>
    <h1>There is no such reservation</h1>
    <p>
      <a href="/status">All reservations</a>
    </p>
  </Page>
);
