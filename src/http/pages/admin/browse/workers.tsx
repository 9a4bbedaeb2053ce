import { Hono } from 'hono';
import type { Commands } from '../../../../commands/commands.ts';
import { WorkerId } from '../../../../domain/ids.ts';
import { BlockReason } from '../../../../domain/worker.ts';
import type { Database } from '../../../../postgres/pool.ts';
import { browseAssignments } from '../../../../projections/browse/assignments.ts';
import {
  browseWorkers,
  findWorker,
  type WorkerFilter,
  type WorkerShown,
} from '../../../../projections/browse/workers.ts';
import { dollars } from '../../money.ts';
import { type Column, Moment, Table } from '../../table.tsx';
import { Unsigned } from '../../unsigned.tsx';
import { type AdminGuard, goTo } from '../guard.ts';
import { AdminPage } from '../layout.tsx';
import { noSuch } from '../notFound.tsx';
import { type CsvColumn, csvFile, dollarsCell, momentCell, pagesOf } from './csv.ts';
import { Choice, nextPlace, Pager, type Query, queryOf, readPage, readSearch, Search } from './listing.tsx';
import { WorkerPage } from './worker.tsx';

const PATH = '/admin/workers';
const CSV = '/admin/workers.csv';
const LAST_ASSIGNMENTS = 50;

const filterOf = (query: Query): WorkerFilter => ({
  search: readSearch(query),
  isBlocked: query['standing'] === 'blocked' ? true : null,
});
const placeOf = ({ movedAt: at, workerId: id }: WorkerShown) => ({ at, id });

/** `/admin/workers`: who came, what they did and earned; blocking and unblocking them. */
export function workerRoutes({ commands, db, guard }: { commands: Commands; db: Database; guard: AdminGuard }): Hono {
  const routes = new Hono({ strict: false });
  routes.get(
    PATH,
    guard(async (c, visit) => {
      const query = queryOf(c);
      const page = readPage(query);
      const filter = filterOf(query);
      const rows = await browseWorkers(db, filter, page);
      return c.html(
        <AdminPage title="Workers" at={PATH} visit={visit}>
          <Search path={PATH} query={query} label="Worker whose id begins with">
            <Choice
              name="standing"
              label="Standing"
              all="everybody"
              choices={[['blocked', 'blocked']]}
              chosen={filter.isBlocked ? 'blocked' : null}
            />
          </Search>
          <Table caption="Workers" none="Nobody is like that." rows={rows} columns={COLUMNS} />
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
        'workers',
        CSV_COLUMNS,
        pagesOf((page) => browseWorkers(db, filter, page), placeOf),
      );
    }),
  );

  const pageOfWorker = async (id: string) => {
    const workerId = WorkerId.safeParse(id);
    if (!workerId.success) return null;
    const [worker, assignments] = await Promise.all([
      findWorker(db, workerId.data),
      browseAssignments(
        db,
        { search: null, phase: null, workerId: workerId.data },
        { limit: LAST_ASSIGNMENTS, before: null },
      ),
    ]);
    return { workerId: workerId.data, worker, assignments };
  };

  routes.get(
    `${PATH}/:id`,
    guard(async (c, visit) => {
      const known = await pageOfWorker(c.req.param('id') ?? '');
      if (known === null) return noSuch(c, visit, 'worker');
      return c.html(<WorkerPage visit={visit} {...known} />, known.worker === undefined ? 404 : 200);
    }),
  );
  routes.post(
    `${PATH}/:id/block`,
    guard(async (c, visit) => {
      const known = await pageOfWorker(c.req.param('id') ?? '');
      if (known === null) return noSuch(c, visit, 'worker');
      const reason = BlockReason.safeParse(visit.form['reason'] ?? '');
      if (!reason.success)
        return c.html(
          <WorkerPage visit={visit} {...known} error="Say why, in 1 to 1024 characters: the log keeps it." />,
          400,
        );
      const { workerId } = known;
      const onMarketplace = visit.form['onMarketplace'] === 'yes';
      await commands.blockWorker(visit.context, { workerId, reason: reason.data, onMarketplace });
      return goTo(c, `${PATH}/${workerId}`, `${workerId} is blocked: never called, and sent away kindly.`);
    }),
  );
  routes.post(
    `${PATH}/:id/unblock`,
    guard(async (c, visit) => {
      const workerId = WorkerId.safeParse(c.req.param('id'));
      if (!workerId.success) return noSuch(c, visit, 'worker');
      await commands.unblockWorker(visit.context, { workerId: workerId.data });
      return goTo(c, `${PATH}/${workerId.data}`, `${workerId.data} is welcome again.`);
    }),
  );
  return routes;
}

const COLUMNS: readonly Column<WorkerShown>[] = [
  {
    name: 'Worker',
    cell: ({ workerId, phase, unsigned }) => (
      <span>
        <a href={`${PATH}/${workerId}`}>{workerId}</a>{' '}
        {phase === 'blocked' && <span class="tag rejected">blocked</span>}
        <Unsigned isSigned={unsigned === 0} />
      </span>
    ),
  },
  { name: 'Last here', cell: ({ lastSeenAt }) => <Moment at={lastSeenAt} /> },
  { name: 'Came', isNumber: true, cell: ({ assignments }) => assignments },
  { name: 'Called', isNumber: true, cell: ({ called }) => called },
  { name: 'Responded', isNumber: true, cell: ({ responded }) => responded },
  { name: 'To review', isNumber: true, cell: ({ submitted }) => submitted },
  { name: 'Approved', isNumber: true, cell: ({ approved }) => approved },
  { name: 'Rejected', isNumber: true, cell: ({ rejected }) => rejected },
  { name: 'Earned', isNumber: true, cell: ({ earnedCents }) => dollars(earnedCents) },
];

const CSV_COLUMNS: readonly CsvColumn<WorkerShown>[] = [
  ['workerId', ({ workerId }) => workerId],
  ['firstSeenAt', ({ firstSeenAt }) => momentCell(firstSeenAt)],
  ['lastSeenAt', ({ lastSeenAt }) => momentCell(lastSeenAt)],
  ['assignments', ({ assignments }) => assignments],
  ['unsigned', ({ unsigned }) => unsigned],
  ['called', ({ called }) => called],
  ['responded', ({ responded }) => responded],
  ['submitted', ({ submitted }) => submitted],
  ['approved', ({ approved }) => approved],
  ['rejected', ({ rejected }) => rejected],
  ['earnedDollars', ({ earnedCents }) => dollarsCell(earnedCents)],
  ['standing', ({ phase }) => phase],
  ['blockedAt', ({ blockedAt }) => momentCell(blockedAt)],
  ['blockedBy', ({ blockedBy }) => blockedBy],
  ['blockReason', ({ reason }) => reason],
];
