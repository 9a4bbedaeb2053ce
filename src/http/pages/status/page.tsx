import type { ProtoHitRow } from '../../../projections/protoHits.ts';
import { Page } from '../layout.tsx';
import type { Visitor } from '../visitor.ts';
import { MOST_ROWS, ROWS_AT_FIRST, ROWS_MORE, type StatusFilter } from './filter.ts';

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
  ['missing', 'still to be dispatched'],
  ['market', 'HITs on the market'],
  ['told', 'invoke to the alarm, p50 / p95'],
  ['responded', 'invoke to at work, p50 / p95'],
  ['real', 'real dollars an hour / in total'],
  ['play', 'sandbox dollars an hour / in total'],
] as const;

const PLOTS = [
  ['poolPlot', 'The pool: who waits, and how many are called for'],
  ['arrivalsPlot', 'Arrivals and departures'],
  ['latencyPlot', 'From invoke to the alarm, and to at work'],
  ['moneyPlot', 'Dollars approved, an hour and added up'],
  ['marketPlot', 'HITs on the market'],
] as const;

const SPANS = [
  [15, '15 minutes'],
  [60, 'hour'],
  [360, '6 hours'],
  [1_440, 'day'],
  [10_080, 'week'],
] as const;

const COLUMNS = ['Foreign id', 'ProtoHIT', 'State', 'Dispatched', 'Waiting', 'Expected', 'HITs go to', 'Do'];

/** How reservations stand. The server draws what stays; src/browser/pages/status/ draws what changes. */
export const StatusPage = ({
  visitor,
  filter,
  protoHits,
  hasMarketplace,
}: {
  visitor: Visitor;
  filter: StatusFilter;
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
    <Filters filter={filter} protoHits={protoHits} />
    <Reservations />
    <div class="row">
      <h2>Over time</h2>
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

const Filters = ({ filter, protoHits }: { filter: StatusFilter; protoHits: readonly ProtoHitRow[] }) => (
  <form id="filters" class="row end" aria-label="Which reservations">
    {filter.before !== undefined && <input type="hidden" name="before" value={filter.before} />}
    <input type="hidden" name="rows" value={String(filter.rows)} min={ROWS_AT_FIRST} max={MOST_ROWS} step={ROWS_MORE} />
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

const Reservations = () => (
  <>
    <table class="cards reservations">
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
    <button type="button" id="older" hidden>
      Older ones
    </button>
    <template id="row">
      <tr>
        <td data-column="Foreign id">
          <a data-cell="foreignId" href="/status">
            …
          </a>
        </td>
        <td data-column="ProtoHIT" data-cell="title" />
        <td data-column="State">
          <span data-cell="phase" class="tag" />
        </td>
        <td data-column="Dispatched">
          <span>
            <span class="people" data-cell="people" aria-hidden="true" /> <span data-cell="counts" />
          </span>
        </td>
        <td data-column="Waiting">
          <span>
            <span class="people" data-cell="waitingPeople" /> <span data-cell="waiting" />
          </span>
        </td>
        <td data-column="Expected">
          <span>
            <span data-cell="expected" /> <span data-cell="until" class="until" />
          </span>
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
