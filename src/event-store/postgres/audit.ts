import { createHash, type Hash } from 'node:crypto';
import type pg from 'pg';
import type { Audit, Misfit, Seal, Verification } from '../audit.ts';
import { BEGINNING } from '../port.ts';
import { fromPosition, toPosition } from './position.ts';

/** Positions looked at in one statement. */
const WINDOW = 5_000;

type Pool = Pick<pg.Pool, 'query'>;

/** What stands at a position: an event with the hash that was written, or the hash that retention left of one. */
type Row = {
  position: string;
  /** Null where there is nothing at all. */
  hash: Buffer | null;
  stream: string | null;
  revision: number;
  event_id: string;
  type: string;
  version: number;
  data: string;
  metadata: string;
  recorded_at: string | null;
  /** Of the batch that ends here. */
  batch: Buffer | null;
};

/** The chain of hashes of migration 0004, read and computed anew without any function of the database's. */
export function createAudit(pool: Pool): Audit {
  const seal = async (): Promise<Seal | null> => {
    const { rows } = await pool.query<{ position: string; hash: Buffer; pruned: string }>(
      `select b.position, b.hash, (select count(*) from event_store.pruned) as pruned
       from event_store.batches b order by b.position desc limit 1`,
    );
    const [row] = rows;
    if (row === undefined) return null;
    const pruned = Number(row.pruned);
    return {
      position: toPosition(row.position),
      hash: row.hash.toString('hex'),
      events: Number(row.position) - pruned,
      pruned,
    };
  };

  const verify: Audit['verify'] = async ({ against, onProgress, signal } = {}) => {
    const { rows } = await pool.query<{ sealed: string; written: string }>(
      `select coalesce((select max(position) from event_store.batches), 0) as sealed,
              coalesce((select max(position) from event_store.events), 0) as written`,
    );
    const head = Math.max(Number(rows[0]?.sealed), Number(rows[0]?.written));
    const wanted = against && Number(fromPosition(against.position));
    if (against && wanted !== undefined && wanted > head)
      return misfitAt(wanted, 'the log ends before it: events at its end were removed');

    const chain = beginChain();
    for (let from = 0; from < head; from += WINDOW) {
      signal?.throwIfAborted();
      const to = Math.min(from + WINDOW, head);
      for (const row of await windowOf(pool, from, to)) {
        const misfit = chain.add(row);
        if (misfit !== null) return { type: 'misfit', misfit };
        if (against && Number(row.position) === wanted && row.batch?.toString('hex') !== against.hash)
          return misfitAt(
            wanted,
            `the log up to here is another one than was sealed then: its hash was ${against.hash}`,
          );
      }
      onProgress?.({ done: to, total: head });
    }
    return chain.end(head);
  };

  return { seal, verify };
}

const misfitAt = (position: number, what: string): Verification => ({
  type: 'misfit',
  misfit: { position: toPosition(position), event: null, what },
});

async function windowOf(pool: Pool, from: number, to: number): Promise<readonly Row[]> {
  const { rows } = await pool.query<Row>(
    `select n as position, coalesce(e.hash, p.hash) as hash, e.stream, e.revision, e.event_id, e.type, e.version,
            e.data::text as data, e.metadata::text as metadata, coalesce(e.recorded_at, p.recorded_at) as recorded_at,
            b.hash as batch
     from generate_series($1::bigint + 1, $2::bigint) n
     left join event_store.events e on e.position = n and e.position > $1 and e.position <= $2
     left join event_store.pruned p on p.position = n and p.position > $1 and p.position <= $2
     left join event_store.batches b on b.position = n and b.position > $1 and b.position <= $2
     order by n`,
    [from, to],
  );
  return rows;
}

/** Goes along the log, one position after the other, and remembers what the next batch has to add up to. */
function beginChain() {
  let last: Buffer = Buffer.alloc(0);
  let batch: Hash = createHash('sha256');
  let batchBegan = 1;
  let isOpen = false;
  let events = 0;
  let pruned = 0;
  let prunedUnsealed = 0;
  let prunedUntil: number | null = null;

  const add = (row: Row): Misfit | null => {
    const position = toPosition(row.position);
    if (row.hash === null) return { position, event: null, what: 'there is no event here: it was removed' };
    if (row.stream === null) {
      pruned++;
      if (row.hash.length === 0) prunedUnsealed++;
      else if (row.recorded_at !== null) prunedUntil = Math.max(prunedUntil ?? 0, Number(row.recorded_at));
    } else {
      events++;
      if (!hashOf(row, row.stream).equals(row.hash)) {
        const { stream, revision, type } = row;
        return { position, event: { stream, revision, type }, what: 'what this event says is not what was written' };
      }
    }
    if (!isOpen) {
      batch.update(last);
      batchBegan = Number(row.position);
      isOpen = true;
    }
    batch.update(row.hash);
    if (row.batch === null) return null;
    last = batch.digest();
    batch = createHash('sha256');
    isOpen = false;
    if (last.equals(row.batch)) return null;
    const what = `the batch from here to ${row.position} is not what was written: an event of it with its hash, or its seal`;
    return { position: toPosition(batchBegan), event: null, what };
  };

  const end = (head: number): Verification => {
    if (isOpen)
      return misfitAt(
        batchBegan,
        `the events from here to ${head} have no seal: it was removed, or they came in another way`,
      );
    const seal: Seal = {
      position: head === 0 ? BEGINNING : toPosition(head),
      hash: last.toString('hex'),
      events,
      pruned,
    };
    return { type: 'fits', seal, prunedUntil, prunedUnsealed };
  };
  return { add, end };
}

/** As event_store.hash_of. */
function hashOf(row: Row, stream: string): Buffer {
  const { position, revision, event_id, version, recorded_at, type, data, metadata } = row;
  const parts = [position, revision, event_id, version, recorded_at];
  // Postgres counts characters, not UTF-16 units.
  const texts = [stream, type].flatMap((text) => [[...text].length, text]);
  return createHash('sha256')
    .update([...parts, ...texts, data, metadata].join('\n'), 'utf8')
    .digest();
}
