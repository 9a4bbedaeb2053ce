import type pg from 'pg';
import type { AppendResult } from '../port.ts';
import type { AppendRequest } from './append.ts';
import { toPosition } from './position.ts';
import { PATIENCE } from './rows.ts';

/**
 * Which of these requests are in the log already, by their event ids: all of them there means that the append was
 * done before, and what it answered then. Only some of them there is an error of whoever chose the ids.
 */
export async function findStored(
  pool: Pick<pg.Pool, 'query'>,
  requests: readonly AppendRequest[],
): Promise<ReadonlyMap<AppendRequest, AppendResult | Error>> {
  const idsOf = (request: AppendRequest): readonly string[] =>
    request.flatMap(({ events }) => events.map(({ id }) => id));
  const { rows } = await pool.query<{ event_id: string; position: string }>({
    name: 'event_store.find_stored',
    text: `select known.event_id, known.position
           from unnest($1::uuid[]) as wanted (id)
           join lateral (
             select e.event_id, e.position from event_store.events e where e.event_id = wanted.id limit 1
           ) known on true`,
    values: [requests.flatMap(idsOf)],
    ...PATIENCE,
  });
  const positions = new Map(rows.map(({ event_id, position }) => [event_id, Number(position)]));
  const found = new Map<AppendRequest, AppendResult | Error>();
  for (const request of requests) {
    const ids = idsOf(request);
    const known = ids.flatMap((id) => positions.get(id) ?? []);
    if (known.length === 0) continue;
    found.set(
      request,
      known.length === ids.length
        ? { type: 'appended', position: toPosition(Math.max(...known)) }
        : new Error(`of ${ids.length} event ids in one append, ${known.length} are in the log already`),
    );
  }
  return found;
}
