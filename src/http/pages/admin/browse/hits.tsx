import { Hono } from 'hono';
import type { HitPhase } from '../../../../domain/hit.ts';
import type { Database } from '../../../../postgres/pool.ts';
import { browseHits, type HitFilter, type HitShown } from '../../../../projections/browse/hits.ts';
import { dollars } from '../../money.ts';
import { type Column, Moment, Table } from '../../table.tsx';
import type { AdminGuard } from '../guard.ts';
import { AdminPage } from '../layout.tsx';
import { type CsvColumn, csvFile, dollarsCell, momentCell, pagesOf } from './csv.ts';
import { Choice, nextPlace, Pager, type Query, queryOf, readChoice, readPage, readSearch, Search } from './listing.tsx';

const PATH = '/admin/hits';
const CSV = '/admin/hits.csv';
const PHASES = [
  ['requested', 'to be posted'],
  ['posted', 'on the market'],
  ['postFailed', 'refused'],
  ['expiring', 'leaving the market'],
  ['expired', 'off the market'],
  ['disposed', 'deleted there'],
] as const satisfies readonly (readonly [HitPhase, string])[];
const words = new Map<string, string>(PHASES);

const filterOf = (query: Query): HitFilter => ({
  search: readSearch(query),
  phase: readChoice(
    PHASES.map(([phase]) => phase),
    query['phase'],
  ),
});
const placeOf = ({ requestedAt: at, hitId: id }: HitShown) => ({ at, id });

/** `/admin/hits`: what was posted, and what became of it. */
export function hitRoutes({ db, guard }: { db: Database; guard: AdminGuard }): Hono {
  const routes = new Hono({ strict: false });
  routes.get(
    PATH,
    guard(async (c, visit) => {
      const query = queryOf(c);
      const page = readPage(query);
      const filter = filterOf(query);
      const rows = await browseHits(db, filter, page);
      return c.html(
        <AdminPage title="HITs" at={PATH} visit={visit}>
          <Search path={PATH} query={query} label="Id of a HIT, a ProtoHIT or a reservation">
            <Choice name="phase" label="State" all="every state" choices={PHASES} chosen={filter.phase} />
          </Search>
          <Table caption="HITs" none="No HIT is like that." rows={rows} columns={COLUMNS} />
          <Pager
            path={PATH}
            query={query}
            last={nextPlace(rows, page, placeOf)}
            isFirst={page.before === null}
            csv={CSV}
          />
        </AdminPage>,
      );
    }),
  );
  routes.get(
    CSV,
    guard((c) => {
      const filter = filterOf(queryOf(c));
      return csvFile(
        c,
        'hits',
        CSV_COLUMNS,
        pagesOf((page) => browseHits(db, filter, page), placeOf),
      );
    }),
  );
  return routes;
}

const COLUMNS: readonly Column<HitShown>[] = [
  { name: 'Asked for', cell: ({ requestedAt }) => <Moment at={requestedAt} /> },
  { name: 'HIT', cell: ({ marketplaceHitId, hitId }) => <code>{marketplaceHitId ?? hitId}</code> },
  { name: 'ProtoHIT', cell: ({ hitTypeId, title }) => <span title={title}>{hitTypeId}</span> },
  {
    name: 'State',
    cell: ({ phase, sandbox }) => (
      <span>
        <span class={`tag ${phase}`}>{words.get(phase)}</span> {sandbox && <span class="quiet">sandbox</span>}
      </span>
    ),
  },
  { name: 'Reward', isNumber: true, cell: ({ rewardCents }) => dollars(rewardCents) },
  {
    name: 'Came',
    isNumber: true,
    cell: ({ arrivals, maxAssignments }) =>
      `${arrivals} came, ${maxAssignments} ${maxAssignments === 1 ? 'place' : 'places'}`,
  },
  { name: 'Until', cell: ({ expiresAt }) => <Moment at={expiresAt} /> },
  {
    name: 'Who came',
    isQuiet: true,
    cell: ({ marketplaceHitId }) =>
      marketplaceHitId === null ? null : (
        <a class="who" href={`/admin/assignments?search=${marketplaceHitId}`}>
          Assignments<span class="visually-hidden"> of HIT {marketplaceHitId}</span>
        </a>
      ),
  },
];

const CSV_COLUMNS: readonly CsvColumn<HitShown>[] = [
  ['hitId', ({ hitId }) => hitId],
  ['marketplaceHitId', ({ marketplaceHitId }) => marketplaceHitId],
  ['protoHitId', ({ protoHitId }) => protoHitId],
  ['hitType', ({ hitTypeId }) => hitTypeId],
  ['title', ({ title }) => title],
  ['reservationId', ({ recruitedFor }) => recruitedFor],
  ['state', ({ phase }) => phase],
  ['sandbox', ({ sandbox }) => sandbox],
  ['rewardDollars', ({ rewardCents }) => dollarsCell(rewardCents)],
  ['assignments', ({ maxAssignments }) => maxAssignments],
  ['arrivals', ({ arrivals }) => arrivals],
  ['requestedAt', ({ requestedAt }) => momentCell(requestedAt)],
  ['postedAt', ({ postedAt }) => momentCell(postedAt)],
  ['expiresAt', ({ expiresAt }) => momentCell(expiresAt)],
];
