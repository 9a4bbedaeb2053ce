import type pg from 'pg';
import type { Audit, Misfit, Verification } from '../audit.ts';
import { BEGINNING } from '../port.ts';
import { beginChain, type Link } from './chain.ts';
import { fromPosition, toPosition } from './position.ts';

/** Positions looked at in one statement. */
const WINDOW = 5_000;

type Pool = Pick<pg.Pool, 'query'>;

const isMisfit = (found: object): found is Misfit => 'what' in found;

/** Goes through the whole log and adds it up anew, without any function of the database's. */
export async function verify(
  pool: Pool,
  { against, onProgress, signal }: NonNullable<Parameters<Audit['verify']>[0]> = {},
): Promise<Verification> {
  const early = await beforeTheBeginning(pool);
  if (early !== null) return { type: 'misfit', misfit: early };
  const head = await lastPosition(pool);
  const wanted = against === undefined ? null : Number(fromPosition(against.position));
  let isReached = false;

  const chain = beginChain();
  for (let from = 0; from < head; from += WINDOW) {
    if (signal?.aborted) throw new Error('interrupted: nothing was proven');
    const to = Math.min(from + WINDOW, head);
    for (const link of await linksBetween(pool, from, to)) {
      const misfit = chain.add(link);
      if (misfit !== null) return { type: 'misfit', misfit };
      if (Number(link.position) !== wanted) continue;
      isReached = true;
      if (link.batch?.toString('hex') !== against?.hash) return otherLog(wanted, against?.hash);
    }
    onProgress?.({ done: to, total: head });
  }
  const sum = chain.end(head);
  if (isMisfit(sum)) return { type: 'misfit', misfit: sum };
  if (wanted !== null && !isReached)
    return misfitAt(wanted, `the log ends at ${head}, before it: events at its end were removed`);
  const { hash, events, prunedEvents, pruned } = sum;
  const position = head === 0 ? BEGINNING : toPosition(head);
  return { type: 'fits', seal: { position, hash: hash.toString('hex'), events, pruned: prunedEvents }, pruned };
}

const misfitAt = (position: number, what: string): Verification => ({
  type: 'misfit',
  misfit: { position: toPosition(position), event: null, what },
});

const otherLog = (position: number, hash: string | undefined): Verification =>
  misfitAt(position, `the log up to here is another one than was sealed then: its hash was ${hash}`);

/** Where any of the tables ends: what stands in one of them alone came in another way, and is met on the way there. */
async function lastPosition(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ last: string }>(
    `select greatest(
       (select max(position) from event_store.batches),
       (select max(position) from event_store.events),
       (select max(position) from event_store.pruned), 0) as last`,
  );
  return Number(rows[0]?.last ?? 0);
}

/** No append writes there, but whoever reads a stream by its name would meet it. */
async function beforeTheBeginning(pool: Pool): Promise<Misfit | null> {
  type Early = { position: string; stream: string | null; revision: number; type: string };
  const { rows } = await pool.query<Early>(
    `select position, stream, revision, type from event_store.events where position < 1
     union all select position, null, null, null from event_store.pruned where position < 1
     union all select position, null, null, null from event_store.batches where position < 1
     order by position limit 1`,
  );
  const [row] = rows;
  if (row === undefined) return null;
  const { position, stream, revision, type } = row;
  const event = stream === null ? null : { stream, revision, type };
  return {
    position: BEGINNING,
    event,
    what: `it stands before the first position, at ${position}: nobody appended it`,
  };
}

async function linksBetween(pool: Pool, from: number, to: number): Promise<readonly Link[]> {
  const { rows } = await pool.query<Link>(
    `select n as position, e.stream, e.hash, e.revision, e.event_id, e.type, e.version,
            e.data::text as data, e.metadata::text as metadata, e.recorded_at, previous.position as previous,
            p.digest, p.recorded_at as pruned_recorded_at, b.hash as batch
     from generate_series($1::bigint + 1, $2::bigint) n
     left join event_store.events e on e.position = n and e.position > $1 and e.position <= $2
     left join event_store.pruned p on p.position = n and p.position > $1 and p.position <= $2
     left join event_store.batches b on b.position = n and b.position > $1 and b.position <= $2
     left join lateral (
       -- a look-up, never a join over the table
       select o.position from event_store.events o
       where o.stream = e.stream and o.revision = e.revision - 1
       limit 1
     ) previous on true
     order by n`,
    [from, to],
  );
  return rows;
}
