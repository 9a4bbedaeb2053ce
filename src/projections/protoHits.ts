import { streamId } from '../domain/event.ts';
import type { Instant, ProtoHitId } from '../domain/ids.ts';
import type { ProtoHitFields } from '../domain/protoHit.ts';
import { columnsOf, foldInto, type Table } from './fold.ts';
import type { Queryable } from './projection.ts';

export type ProtoHitRow = {
  readonly protoHitId: ProtoHitId;
  readonly hitTypeId: string;
  readonly fields: ProtoHitFields;
  readonly sandbox: boolean;
  readonly definedAt: Instant;
  /** Null: it takes reservations. */
  readonly retiredAt: Instant | null;
};

export const protoHitTable: Table<ProtoHitRow> = {
  name: 'proto_hits',
  ddl: `
    create table proto_hits (
      proto_hit_id uuid primary key,
      hit_type_id text not null,
      fields jsonb not null,
      sandbox boolean not null,
      defined_at double precision not null,
      retired_at double precision
    );
    create index proto_hits_by_hit_type on proto_hits (hit_type_id);`,
  key: 'protoHitId',
  columns: ['protoHitId', 'hitTypeId', 'fields', 'sandbox', 'definedAt', 'retiredAt'],
};

export const protoHits = foldInto({
  table: protoHitTable,
  version: 2,
  events: ['ProtoHitDefined', 'ProtoHitRevised', 'SandboxSwitched', 'ProtoHitRetired', 'ProtoHitRestored'],
  keyOf: (event) => streamId(event.stream),
  evolve: (row, event) => {
    switch (event.type) {
      case 'ProtoHitDefined': {
        const { protoHitId, fields, sandbox, at } = event.data;
        return { protoHitId, hitTypeId: fields.hitTypeId, fields, sandbox, definedAt: at, retiredAt: null };
      }
      case 'ProtoHitRevised':
        return row && { ...row, hitTypeId: event.data.fields.hitTypeId, fields: event.data.fields };
      case 'SandboxSwitched':
        return row && { ...row, sandbox: event.data.sandbox };
      case 'ProtoHitRetired':
        return row && { ...row, retiredAt: event.data.at };
      case 'ProtoHitRestored':
        return row && { ...row, retiredAt: null };
    }
  },
});

const select = `select ${columnsOf(protoHitTable, 'p')} from proto_hits p`;

export async function findProtoHit(db: Queryable, id: ProtoHitId): Promise<ProtoHitRow | undefined> {
  return (await protoHitsByIds(db, [id])).get(id);
}

export async function protoHitsByIds(
  db: Queryable,
  ids: readonly ProtoHitId[],
): Promise<ReadonlyMap<ProtoHitId, ProtoHitRow>> {
  const { rows } = await db.query<ProtoHitRow>(`${select} where p.proto_hit_id = any($1)`, [ids]);
  return new Map(rows.map((row) => [row.protoHitId, row]));
}

/** By the name that its requester gave it. */
export async function findProtoHitByHitType(db: Queryable, hitTypeId: string): Promise<ProtoHitRow | undefined> {
  const { rows } = await db.query<ProtoHitRow>(`${select} where p.hit_type_id = $1`, [hitTypeId]);
  return rows[0];
}

/** Newest first; those that are retired only if wanted. */
export async function listProtoHits(
  db: Queryable,
  { retired = false }: { retired?: boolean } = {},
): Promise<readonly ProtoHitRow[]> {
  const which = retired ? '' : 'where p.retired_at is null';
  const { rows } = await db.query<ProtoHitRow>(`${select} ${which} order by p.defined_at desc, p.proto_hit_id desc`);
  return rows;
}

/** Whether a ProtoHIT has its landing page at an origin, like "https://task.example". */
export async function isLandingOrigin(db: Queryable, origin: string): Promise<boolean> {
  const { rows } = await db.query<{ url: string }>("select distinct fields->>'url' as url from proto_hits");
  return rows.some(({ url }) => URL.canParse(url) && new URL(url).origin === origin);
}
