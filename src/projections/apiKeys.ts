import type { Scope } from '../domain/apiKey.ts';
import { streamId } from '../domain/event.ts';
import type { ApiKeyId, Instant, ProtoHitId } from '../domain/ids.ts';
import { columnsOf, foldInto, type Table } from './fold.ts';
import type { Queryable } from './projection.ts';

/** What operators see of a key. Who may enter is decided by `retainer.api_key_secrets` alone. */
export type ApiKeyRow = {
  readonly apiKeyId: ApiKeyId;
  readonly label: string;
  readonly scopes: readonly Scope[];
  readonly protoHitId: ProtoHitId | null;
  /** US cents a day; null: as much as the installation. */
  readonly dailyBudgetCents: number | null;
  readonly issuedAt: Instant;
  readonly revokedAt: Instant | null;
};

const table: Table<ApiKeyRow> = {
  name: 'api_keys',
  ddl: `
    create table api_keys (
      api_key_id uuid primary key,
      label text not null,
      scopes text[] not null,
      proto_hit_id uuid,
      daily_budget_cents int,
      issued_at double precision not null,
      revoked_at double precision
    );`,
  key: 'apiKeyId',
  columns: ['apiKeyId', 'label', 'scopes', 'protoHitId', 'dailyBudgetCents', 'issuedAt', 'revokedAt'],
};

export const apiKeys = foldInto({
  table,
  version: 3,
  events: ['ApiKeyIssued', 'ApiKeyRevoked'],
  keyOf: (event) => streamId(event.stream),
  evolve: (row, event): ApiKeyRow | null => {
    switch (event.type) {
      case 'ApiKeyIssued': {
        const { at, dailyBudgetCents = null, ...issued } = event.data;
        return { ...issued, dailyBudgetCents, issuedAt: at, revokedAt: null };
      }
      case 'ApiKeyRevoked':
        return row && { ...row, revokedAt: event.data.at };
    }
  },
});

/** Oldest first, revoked ones too. */
export async function listApiKeys(db: Queryable): Promise<readonly ApiKeyRow[]> {
  const { rows } = await db.query<ApiKeyRow>(
    `select ${columnsOf(table, 'k')} from api_keys k order by k.issued_at, k.api_key_id`,
  );
  return rows;
}
