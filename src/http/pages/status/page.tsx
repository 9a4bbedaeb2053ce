import type { ProtoHitRow } from '../../../projections/protoHits.ts';
import { Page } from '../layout.tsx';
import type { Visitor } from '../visitor.ts';
import { type AskedStatus, ROWS } from './filter.ts';

const PHASES = [
  ['', 'every state'],
  ['made', 'made'],
  ['invoked', 'invoked'],
  ['finished', 'finished'],
  ['cancelled', 'cancelled'],
  ['timedOut', 'timed out'],
] as const;

const FIGURES = [
  ['waiting', 'workers waiting'],
  ['open', 'open reservations'],
  ['missing', 'still to be dispatched, now / in all'],
  ['market', 'places on the market'],
  ['told', 'invoke to the alarm, p50 / p95'],
  ['responded', 'invoke to at work, p50 / p95'],
  ['real', 'real dollars an hour / in total'],
  ['play', 'sandbox dollars an hour / in total'],
] as const;

const PLOTS = [
  ['poolPlot', 'The pool: who waits, and how many are still to be dispatched'],
  ['arrivalsPlot', 'Arrivals and departures'],
  ['latencyPlot', 'From invoke to the alarm, and to at work'],
  ['moneyPlot', 'Dollars approved, an hour and added up'],
  ['marketPlot', 'Open places on the market'],
] as const;

const SPANS = [
  [15, '15 minutes'],
  [60, 'hour'],
  [360, '6 hours'],
  [1_440, 'day'],
  [10_080, 'week'],
] as const;

const COLUMNS = ['Reservation', 'State', 'Dispatched', 'Waiting for it', 'HITs go to', 'Do'];

/** How reservations stand. The server draws what stays; src/browser/pages/status/ draws what changes. */
export const StatusPage = ({
  visitor,
  filter,
  protoHits,
  hasMarketplace,
}: {
  visitor: Visitor;
  filter: AskedStatus;
  protoHits: readonly ProtoHitRow[];
  hasMarketplace: boolean;
}) => (
  <Page
    title="Status"
    at="/status"
    visitor={visitor}
    scripts={['status.js']}
    styles={['uPlot.css', 'live.css', 'status.css']}
    hasMarketplace={hasMarketplace}
  >
    <div class="row">
      <h1>Status</h1>
      <span id="state" role="status" class="tag">
        connecting…
      </span>
    </div>
    <p id="problem" class="notice bad" role="alert" hidden />
    <noscript>
      <p class="notice bad">This page is live: it needs JavaScript.</p>
    </noscript>
    <dl class="figures">
      {FIGURES.map(([id, name]) => (
        <div>
          <dt>{name}</dt>
          <dd id={id}>–</dd>
        </div>
      ))}
    </dl>
    <div class="row">
      <h2>Reservations</h2>
      <span id="count" class="quiet" />
      <a class="jump" href="#overTime">
        To the plots
      </a>
    </div>
    <Filters filter={filter} protoHits={protoHits} />
    <Reservations filter={filter} />
    <div class="row">
      <h2 id="overTime">Over time</h2>
      <label class="row">
        <span class="quiet">the last</span>
        <select id="minutes">
          {SPANS.map(([minutes, name]) => (
            <option value={minutes} selected={minutes === 60}>
              {name}
            </option>
          ))}
        </select>
      </label>
    </div>
    <div class="plots">
      {PLOTS.map(([id, title]) => (
        <section class="panel plot" aria-labelledby={`${id}Title`}>
          <h3 id={`${id}Title`}>{title}</h3>
          <div id={id} role="img" aria-labelledby={`${id}Title`} aria-describedby={`${id}Words`} />
          <p id={`${id}Words`} class="quiet" />
        </section>
      ))}
    </div>
  </Page>
);

const Filters = ({ filter, protoHits }: { filter: AskedStatus; protoHits: readonly ProtoHitRow[] }) => (
  <form id="filters" class="row end" aria-label="Which reservations">
    {filter.before !== undefined && <input type="hidden" name="before" value={filter.before} />}
    <input type="hidden" name="page" value={String(filter.page)} />
    <label>
      Search
      <br />
      <input name="search" type="search" value={filter.search ?? ''} placeholder="foreign id or title" />
    </label>
    <label>
      State
      <br />
      <select name="phase">
        {PHASES.map(([value, name]) => (
          <option value={value} selected={value === (filter.phase ?? '')}>
            {name}
          </option>
        ))}
      </select>
    </label>
    <label>
      ProtoHIT
      <br />
      <select name="protoHitId" id="protoHitId">
        <option value="">every ProtoHIT</option>
        {protoHits.map(({ protoHitId, fields }) => (
          <option value={protoHitId} selected={protoHitId === filter.protoHitId}>
            {fields.title}
          </option>
        ))}
      </select>
    </label>
    <button type="button" id="finishAll" class="bad">
      Finish all…
    </button>
    {filter.before !== undefined && <a href="/status">Back to the newest</a>}
  </form>
);

/** Another number of rows is that of an address that somebody wrote. */
const rowsToChoose = (rows: number): readonly number[] => [...new Set([...ROWS, rows])].sort((a, b) => a - b);

const Reservations = ({ filter }: { filter: AskedStatus }) => (
  <>
    <table class="reservations">
      <thead>
        <tr>
          {COLUMNS.map((name) => (
            <th scope="col">{name}</th>
          ))}
        </tr>
      </thead>
      <tbody id="reservations" />
    </table>
    <p id="none" class="quiet" hidden>
      No reservation here. <a href="/">The tour</a> makes one.
    </p>
    <p id="noneMatches" class="quiet" hidden>
      No reservation matches. <a href="/status">Show all of them</a>
    </p>
    <nav class="row paging" aria-label="Pages of reservations">
      <button type="button" id="previous" disabled>
        Previous
      </button>
      <span id="range" />
      <button type="button" id="next" disabled>
        Next
      </button>
      <label class="row">
        <span class="quiet">rows</span>
        <select name="rows" form="filters">
          {rowsToChoose(filter.rows).map((rows) => (
            <option value={String(rows)} selected={rows === filter.rows}>
              {rows}
            </option>
          ))}
        </select>
      </label>
    </nav>
    <template id="row">
      <tr>
        <td data-column="Reservation">
          <a data-cell="foreignId" href="/status">
            …
          </a>
          <span data-cell="title" class="under" />
        </td>
        <td data-column="State">
          <span data-cell="phase" class="tag" />
          <span class="under">
            <span data-cell="until" /> <span data-cell="expected" class="at" />
          </span>
        </td>
        <td data-column="Dispatched">
          <span class="people" data-cell="people" aria-hidden="true" /> <span data-cell="counts" />
        </td>
        <td data-column="Waiting for it">
          <span class="people" data-cell="waitingPeople" /> <span data-cell="waiting" />
          <span data-cell="market" class="under" />
        </td>
        <td data-column="HITs go to">
          <button type="button" data-cell="sandbox" class="side" aria-pressed="true" />
        </td>
        <td data-column="Do">
          <span class="row" data-cell="actions" />
        </td>
      </tr>
    </template>
  </>
);
