import { Hono } from 'hono';
import type { Instant, ReservationId } from '../../../../domain/ids.ts';
import type { Database } from '../../../../postgres/pool.ts';
import { listApiKeys } from '../../../../projections/apiKeys.ts';
import { listProtoHits } from '../../../../projections/protoHits.ts';
import { listReservations, type ReservationListing } from '../../../../projections/reservationList.ts';
import type { AdminGuard } from '../guard.ts';
import { AdminPage } from '../layout.tsx';
import { type CsvColumn, csvFile, dollarsCell, momentCell } from './csv.ts';

const PATH = '/admin/downloads';
const ROWS_AT_ONCE = 1_000;

const TABLES = [
  ['protohits', 'ProtoHITs', 'Kinds of work, with every field.'],
  ['reservations', 'Reservations', 'Who was asked for, for what, and when.'],
  ['hits', 'HITs', 'What was posted, and what became of it.'],
  ['assignments', 'Assignments', 'Who came, what they handed in, and what they were paid.'],
  ['workers', 'Workers', 'People, their record and their earnings.'],
  ['events', 'Events', 'The log without pings. It may be long: it is sent as it is read.'],
  ['keys', 'API keys', 'Their labels and scopes; no key, and nothing to find one by.'],
  ['operators', 'Operators', 'Who may sign in.'],
] as const;

/** `/admin/downloads`: every table as a file. Those that can be searched are also downloaded from their pages, as filtered. */
export function downloadRoutes({
  db,
  clock,
  pingTimeoutMs,
  guard,
}: {
  db: Database;
  clock: () => Instant;
  pingTimeoutMs: number;
  guard: AdminGuard;
}): Hono {
  const routes = new Hono({ strict: false });
  routes.get(
    PATH,
    guard((c, visit) =>
      c.html(
        <AdminPage title="Downloads" at={PATH} visit={visit}>
          <p>
            Every table as a file for spreadsheets (CSV, UTF-8, with a header). Excel knows UTF-8 by a mark at its
            beginning, which others would take for a part of the first name. HITs, assignments, workers and events can
            also be had from their pages, exactly as they are searched there.
          </p>
          <ul class="tiles">
            {TABLES.map(([table, name, about]) => (
              <li class="panel">
                <a href={`/admin/${table}.csv`} download>
                  {name}
                </a>{' '}
                <a href={`/admin/${table}.csv?bom=1`} download>
                  for Excel
                  <span class="visually-hidden">: {name}</span>
                </a>
                <span class="quiet">{about}</span>
              </li>
            ))}
          </ul>
        </AdminPage>,
      ),
    ),
  );

  routes.get(
    '/admin/protohits.csv',
    guard(async (c) => {
      const rows = await listProtoHits(db);
      return csvFile(
        c,
        'protohits',
        [
          ['protoHitId', ({ protoHitId }) => protoHitId],
          ['hitType', ({ hitTypeId }) => hitTypeId],
          ['definedAt', ({ definedAt }) => momentCell(definedAt)],
          ['sandbox', ({ sandbox }) => sandbox],
          ['title', ({ fields }) => fields.title],
          ['description', ({ fields }) => fields.description],
          ['keywords', ({ fields }) => fields.keywords],
          ['url', ({ fields }) => fields.url],
          ['frameHeight', ({ fields }) => fields.frameHeight],
          ['rewardDollars', ({ fields }) => dollarsCell(fields.rewardCents)],
          ['assignmentDurationSeconds', ({ fields }) => fields.assignmentDurationSeconds],
          ['lifetimeSeconds', ({ fields }) => fields.lifetimeSeconds],
          ['autoApprovalDelaySeconds', ({ fields }) => fields.autoApprovalDelaySeconds],
          ['maxAssignments', ({ fields }) => fields.maxAssignments],
          ['workerLocale', ({ fields }) => fields.workerLocale],
          ['approvalRating', ({ fields }) => fields.approvalRating],
          ['maxWaitSeconds', ({ fields }) => fields.maxWaitSeconds],
        ],
        inOnePiece(rows),
      );
    }),
  );

  routes.get(
    '/admin/reservations.csv',
    guard((c) => csvFile(c, 'reservations', RESERVATION_COLUMNS, reservations(db, clock, pingTimeoutMs))),
  );

  routes.get(
    '/admin/keys.csv',
    guard(async (c) =>
      csvFile(
        c,
        'keys',
        [
          ['apiKeyId', ({ apiKeyId }) => apiKeyId],
          ['label', ({ label }) => label],
          ['scopes', ({ scopes }) => scopes.join(' ')],
          ['protoHitId', ({ protoHitId }) => protoHitId],
          ['issuedAt', ({ issuedAt }) => momentCell(issuedAt)],
          ['revokedAt', ({ revokedAt }) => momentCell(revokedAt)],
        ],
        inOnePiece(await listApiKeys(db)),
      ),
    ),
  );

  routes.get(
    '/admin/operators.csv',
    guard(async (c) => {
      const { rows } = await db.query<{ name: string; added_at: Date }>(
        'select name, added_at from retainer.operators order by name',
      );
      return csvFile(
        c,
        'operators',
        [
          ['name', ({ name }) => name],
          ['addedAt', ({ added_at }) => momentCell(added_at.getTime())],
        ],
        inOnePiece(rows),
      );
    }),
  );
  return routes;
}

async function* inOnePiece<Row>(rows: readonly Row[]): AsyncGenerator<readonly Row[]> {
  yield rows;
}

async function* reservations(
  db: Database,
  clock: () => Instant,
  pingTimeoutMs: number,
): AsyncGenerator<readonly ReservationListing[]> {
  let before: ReservationId | undefined;
  do {
    const presence = { now: clock(), pingTimeoutMs };
    const rows: readonly ReservationListing[] = await listReservations(db, {
      limit: ROWS_AT_ONCE,
      before,
      ...presence,
    });
    if (rows.length > 0) yield rows;
    before = rows.length < ROWS_AT_ONCE ? undefined : rows.at(-1)?.reservationId;
  } while (before !== undefined);
}

const RESERVATION_COLUMNS: readonly CsvColumn<ReservationListing>[] = [
  ['reservationId', ({ reservationId }) => reservationId],
  ['protoHitId', ({ protoHitId }) => protoHitId],
  ['hitType', ({ protoHit }) => protoHit.hitTypeId],
  ['foreignId', ({ foreignId }) => foreignId],
  ['state', ({ phase }) => phase],
  ['asked', ({ numAssignments }) => numAssignments],
  ['dispatched', ({ dispatched }) => dispatched],
  ['responded', ({ responded }) => responded],
  ['madeAt', ({ madeAt }) => momentCell(madeAt)],
  ['expectedAt', ({ expectedAt }) => momentCell(expectedAt)],
  ['invokedAt', ({ invokedAt }) => momentCell(invokedAt)],
  ['closedAt', ({ closedAt }) => momentCell(closedAt)],
  ['payload', ({ payload }) => payload],
];
