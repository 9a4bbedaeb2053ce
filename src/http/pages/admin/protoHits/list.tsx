import type { ProtoHitRow } from '../../../../projections/protoHits.ts';
import { Csrf } from '../../layout.tsx';
import { dollars } from '../../money.ts';
import { Moment, Table } from '../../table.tsx';
import type { AdminVisit } from '../guard.ts';
import { AdminPage } from '../layout.tsx';

/** Every ProtoHIT, and what can be done with it. */
export const ProtoHitList = ({
  visit,
  rows,
  withRetired,
  problem,
}: {
  visit: AdminVisit;
  rows: readonly ProtoHitRow[];
  withRetired: boolean;
  problem?: string | undefined;
}) => (
  <AdminPage title="ProtoHITs" at="/admin/proto-hits" visit={visit} problem={problem} styles={['protoHits.css']}>
    <p class="row">
      <a class="button main" href="/admin/proto-hits/new">
        New ProtoHIT
      </a>
      <a href={`/admin/proto-hits${withRetired ? '' : '?retired=true'}`}>
        {withRetired ? 'Hide the retired ones' : 'Show the retired ones too'}
      </a>
    </p>
    <Table
      caption="ProtoHITs"
      none="There is none yet: applications put theirs with puttask, or make one here."
      rows={rows}
      columns={[
        {
          name: 'Title',
          cell: ({ protoHitId, fields }) => <a href={`/admin/proto-hits/${protoHitId}`}>{fields.title}</a>,
        },
        { name: 'Name', cell: ({ hitTypeId }) => <code>{hitTypeId}</code> },
        { name: 'Reward', isNumber: true, cell: ({ fields }) => dollars(fields.rewardCents) },
        {
          name: 'HITs go to',
          cell: ({ sandbox }) => (sandbox ? 'sandbox' : <strong class="real">$ real money</strong>),
        },
        { name: 'Since', cell: ({ definedAt }) => <Moment at={definedAt} /> },
        {
          name: 'Do',
          isQuiet: true,
          cell: (row) => <Actions visit={visit} row={row} />,
        },
      ]}
    />
  </AdminPage>
);

const Actions = ({ visit, row: { protoHitId, retiredAt, fields } }: { visit: AdminVisit; row: ProtoHitRow }) => (
  <div class="row actions">
    {retiredAt !== null && <span class="tag cancelled">retired</span>}
    {retiredAt === null && (
      <a href={`/admin/reservations/new?protoHit=${protoHitId}`}>
        Reserve <span class="visually-hidden">workers for {fields.title}</span>
      </a>
    )}
    <a href={`/admin/proto-hits/new?clone=${protoHitId}`}>
      Clone <span class="visually-hidden">{fields.title}</span>
    </a>
    <form method="post" action={`/admin/proto-hits/${protoHitId}/${retiredAt === null ? 'retire' : 'restore'}`}>
      <Csrf visitor={visit.visitor} />
      <button type="submit">
        {retiredAt === null ? 'Retire' : 'Restore'} <span class="visually-hidden">{fields.title}</span>
      </button>
    </form>
  </div>
);
