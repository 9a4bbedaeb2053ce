import type { HttpBindings } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { Hono } from 'hono';
import { z } from 'zod';
import type { Instant } from '../../domain/ids.ts';
import type { Database } from '../../postgres/pool.ts';
import { BOUNDS, plots } from '../../projections/plots.ts';
import { listProtoHits, type ProtoHitRow } from '../../projections/protoHits.ts';
import type { Guard } from './guard.ts';
import { Page } from './layout.tsx';
import type { createStatusFeed } from './statusFeed.ts';
import { readStatusFilter, type StatusFilter } from './statusFilter.ts';
import type { Visitor } from './visitor.ts';

const PATHS = ['/status', '/static/status', '/retainer/status', '/retainer/static/status'];
const STEPS = 120;
const Minutes = z.coerce
  .number()
  .int()
  .min(5)
  .max(7 * 24 * 60)
  .catch(60);

/** How reservations stand, live. */
export function statusRoutes({
  db,
  clock,
  guard,
  feed,
  hasMarketplace,
}: {
  db: Database;
  clock: () => Instant;
  guard: Guard;
  feed: ReturnType<typeof createStatusFeed>;
  hasMarketplace: boolean;
}): Hono<{ Bindings: HttpBindings }> {
  const routes = new Hono<{ Bindings: HttpBindings }>({ strict: false });
  for (const path of PATHS)
    routes.get(
      path,
      guard(async (c, { visitor }) =>
        c.html(
          <StatusPage
            visitor={visitor}
            filter={readStatusFilter(c.req.query())}
            protoHits={await listProtoHits(db)}
            hasMarketplace={hasMarketplace}
          />,
        ),
      ),
    );
  routes.get(
    '/status/feed',
    guard((c) => {
      feed.open(c.env.outgoing, readStatusFilter(c.req.query()));
      return RESPONSE_ALREADY_SENT;
    }),
  );
  routes.get(
    '/status/plots',
    guard(async (c) => {
      const minutes = Minutes.parse(c.req.query('minutes'));
      const drawn = await plots(db, { now: clock(), minutes, steps: STEPS });
      return c.json({ ...drawn, bounds: BOUNDS }, 200, { 'Cache-Control': 'no-store' });
    }),
  );
  return routes;
}

const PHASES = [
  ['', 'every state'],
  ['made', 'made'],
  ['invoked', 'invoked'],
  ['finished', 'finished'],
  ['cancelled', 'cancelled'],
  ['timedOut', 'timed out'],
] as const;

const StatusPage = ({
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
    styles={['uPlot.css']}
    hasMarketplace={hasMarketplace}
  >
    <svg width="0" height="0" style="position:absolute" aria-hidden="true">
      <symbol id="person" viewBox="0 0 12 16">
        <circle cx="6" cy="3.500" r="2.700" />
        <path d="M1 15.500c0-5 1.800-8 5-8s5 3 5 8z" />
      </symbol>
    </svg>
    <div class="row">
      <h1>Status</h1>
      <span id="state" role="status" class="tag">
        connecting…
      </span>
    </div>
    <p id="problem" class="notice bad" role="alert" hidden />
    <dl class="figures">
      <Figure id="waiting" name="workers waiting" />
      <Figure id="open" name="open reservations shown" />
      <Figure id="asked" name="still to be dispatched" />
      <Figure id="market" name="HITs on the market" />
      <Figure id="told" name="invoke to called, p50 / p95" />
      <Figure id="responded" name="invoke to at work, p50 / p95" />
      <Figure id="money" name="approved, an hour / in total" />
    </dl>

    <form id="filters" class="row end" aria-label="Which reservations">
      {filter.before !== undefined && <input type="hidden" name="before" value={filter.before} />}
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

    <div class="scroll">
      <table class="cards">
        <thead>
          <tr>
            {['Foreign id', 'ProtoHIT', 'State', 'Dispatched', 'Waiting', 'Expected', 'HITs go to', ''].map((name) => (
              <th scope="col">{name === '' ? <span class="quiet">Do</span> : name}</th>
            ))}
          </tr>
        </thead>
        <tbody id="reservations" />
      </table>
    </div>
    <p id="none" class="quiet" hidden>
      No reservation here. <a href="/">The tour</a> makes one.
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
            <span class="people" data-cell="people" /> <span data-cell="counts" />
          </span>
        </td>
        <td data-column="Waiting">
          <span>
            <span class="people" data-cell="waitingPeople" /> <span data-cell="waiting" />
          </span>
        </td>
        <td data-column="Expected" data-cell="expected" />
        <td data-column="HITs go to">
          <button type="button" data-cell="sandbox" aria-pressed="true" />
        </td>
        <td data-column="">
          <span class="row" data-cell="actions" />
        </td>
      </tr>
    </template>

    <div class="row">
      <h2>Over time</h2>
      <label class="row">
        <span class="quiet">the last</span>
        <select id="minutes">
          <option value="15">15 minutes</option>
          <option value="60" selected>
            hour
          </option>
          <option value="360">6 hours</option>
          <option value="1440">day</option>
          <option value="10080">week</option>
        </select>
      </label>
    </div>
    <div class="plots">
      <Plot id="poolPlot" title="The pool: who waits, and how many are asked for" />
      <Plot id="arrivalsPlot" title="Arrivals, and who left without work" />
      <Plot id="latencyPlot" title="From invoke to called, and to at work" />
      <Plot id="moneyPlot" title="Dollars approved, added up" />
      <Plot id="marketPlot" title="HITs on the market" />
    </div>
  </Page>
);

const Figure = ({ id, name }: { id: string; name: string }) => (
  <div>
    <dt>{name}</dt>
    <dd id={id}>–</dd>
  </div>
);

const Plot = ({ id, title }: { id: string; title: string }) => (
  <section class="panel plot" aria-label={title}>
    <h3>{title}</h3>
    <div id={id} />
  </section>
);
