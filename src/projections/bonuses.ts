import { streamId } from '../domain/event.ts';
import type { AssignmentId, BonusId, Instant, WorkerId } from '../domain/ids.ts';
import { columnsOf, foldInto, type Table } from './fold.ts';
import type { Queryable } from './projection.ts';

export type BonusRow = {
  /** Makes the call to the marketplace idempotent. */
  readonly bonusId: BonusId;
  readonly assignmentId: AssignmentId;
  readonly amountCents: number;
  readonly reason: string;
  readonly phase: 'granted' | 'paid' | 'failed';
  readonly grantedAt: Instant;
  /** As the log names them. */
  readonly grantedBy: string;
  readonly paidAt: Instant | null;
  /** Why the marketplace will not pay it; null if it did not say so. */
  readonly fault: string | null;
};

const table: Table<BonusRow> = {
  name: 'bonuses',
  ddl: `
    create table bonuses (
      bonus_id uuid primary key,
      assignment_id text not null,
      amount_cents int not null,
      reason text not null,
      phase text not null,
      granted_at double precision not null,
      granted_by text not null,
      paid_at double precision,
      fault text
    );
    create index bonuses_of_assignment on bonuses (assignment_id);
    create index bonuses_to_pay on bonuses (granted_at, bonus_id) where phase = 'granted';
    create index bonuses_by_payment on bonuses (paid_at) where paid_at is not null;`,
  key: 'bonusId',
  columns: ['bonusId', 'assignmentId', 'amountCents', 'reason', 'phase', 'grantedAt', 'grantedBy', 'paidAt', 'fault'],
};

export const bonuses = foldInto({
  table,
  version: 1,
  events: ['BonusGranted', 'BonusPaid', 'BonusFailed'],
  keyOf: (event) => event.data.bonusId,
  evolve: (row, event): BonusRow | null => {
    if (event.type === 'BonusGranted') {
      const { at: grantedAt, ...bonus } = event.data;
      const assignmentId = streamId(event.stream) as AssignmentId;
      const { actor: grantedBy } = event.metadata;
      return { ...bonus, assignmentId, phase: 'granted', grantedAt, grantedBy, paidAt: null, fault: null };
    }
    if (row === null) return null;
    switch (event.type) {
      case 'BonusPaid':
        return { ...row, phase: 'paid', paidAt: event.data.at };
      case 'BonusFailed':
        return { ...row, phase: 'failed', fault: `${event.data.code}: ${event.data.message}` };
    }
  },
});

export type BonusToPay = BonusRow & {
  readonly workerId: WorkerId;
  readonly sandbox: boolean;
  /** Bonuses of the same assignment, amount and reason that are paid. */
  readonly paidAlike: number;
};

/** Bonuses that the marketplace has not answered to, oldest first; of those alike only the oldest. */
export async function awaitingBonus(db: Queryable, { limit }: { limit: number }): Promise<readonly BonusToPay[]> {
  const { rows } = await db.query<BonusToPay>(
    `select ${columnsOf(table, 'b')}, t.worker_id as "workerId", h.sandbox,
            (select count(*)::int from bonuses paid
             where paid.assignment_id = b.assignment_id and paid.amount_cents = b.amount_cents
               and paid.reason = b.reason and paid.phase = 'paid') as "paidAlike"
     from bonuses b
     join tasks t using (assignment_id)
     join hits h using (hit_id)
     where b.phase = 'granted'
       and not exists (select from bonuses older
                       where older.assignment_id = b.assignment_id and older.amount_cents = b.amount_cents
                         and older.reason = b.reason and older.phase = 'granted'
                         and (older.granted_at, older.bonus_id) < (b.granted_at, b.bonus_id))
     order by b.granted_at, b.bonus_id
     limit $1`,
    [limit],
  );
  return rows;
}

/** The bonuses of an assignment, first granted first. */
export async function bonusesOf(db: Queryable, assignmentId: AssignmentId): Promise<readonly BonusRow[]> {
  const { rows } = await db.query<BonusRow>(
    `select ${columnsOf(table, 'b')} from bonuses b where b.assignment_id = $1 order by b.granted_at, b.bonus_id`,
    [assignmentId],
  );
  return rows;
}
