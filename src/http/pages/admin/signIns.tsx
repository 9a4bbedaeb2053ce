import { Hono } from 'hono';
import type { Database } from '../../../postgres/pool.ts';
import { listSignIns, type SignInRow } from '../../../projections/signIns.ts';
import { Moment, Paging, Table } from '../table.tsx';
import type { AdminGuard, AdminVisit } from './guard.ts';
import { AdminPage } from './layout.tsx';

const ROWS = 50;
const PATH = '/admin/sign-ins';
const WHAT = { signedIn: 'signed in', refused: 'refused', throttled: 'throttled', signedOut: 'signed out' };

/** `/admin/sign-ins`: who came to the door, and who was turned away. */
export function signInHistoryRoutes({ db, guard }: { db: Database; guard: AdminGuard }): Hono {
  const routes = new Hono({ strict: false });
  routes.get(
    PATH,
    guard(async (c, visit) => {
      const before = c.req.query('before');
      const rows = await listSignIns(db, { limit: ROWS + 1, before });
      return c.html(
        <SignInsPage
          visit={visit}
          rows={rows.slice(0, ROWS)}
          isNewest={before === undefined}
          older={rows.length > ROWS ? (rows[ROWS - 1]?.position ?? null) : null}
        />,
      );
    }),
  );
  return routes;
}

const SignInsPage = ({
  visit,
  rows,
  isNewest,
  older,
}: {
  visit: AdminVisit;
  rows: readonly SignInRow[];
  isNewest: boolean;
  older: string | null;
}) => (
  <AdminPage title="Sign-ins" at={PATH} visit={visit}>
    <p class="quiet">
      Every try with an operator’s name. After ten refused ones within 15 minutes, for one name or from one address,
      nobody may try for a while: those tries are not even looked at, and the first of them for each name is listed as
      throttled.
    </p>
    <Table
      caption="Sign-ins"
      none="Nobody has signed in yet."
      rows={rows}
      columns={[
        { name: 'When', cell: ({ at }) => <Moment at={at} /> },
        { name: 'Operator', cell: ({ operator }) => operator },
        { name: 'What', cell: ({ what }) => <span class={`tag ${what}`}>{WHAT[what]}</span> },
        { name: 'From', cell: ({ fromAddress }) => fromAddress ?? '–' },
      ]}
    />
    <Paging path={PATH} isNewest={isNewest} older={older} />
  </AdminPage>
);
