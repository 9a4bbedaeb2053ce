import { z } from '@hono/zod-openapi';
import type { ProtoHitId, ReservationId } from '../domain/ids.ts';
import type { Database } from '../postgres/pool.ts';
import { findProtoHit, findProtoHitByHitType, type ProtoHitRow } from '../projections/protoHits.ts';
import { findReservation } from '../projections/reservations.ts';
import { type Answer, problem } from './answers.ts';
import { about, expectationOf, field, hitType, protoHitId } from './fields.ts';
import type { Concern } from './scopes.ts';

/** How a request names a ProtoHIT: by its id, or by its hit_type_id. */
export const namesProtoHit = {
  id: protoHitId.optional(),
  hitType: about('In place of id', hitType).optional(),
};

/** Where a request that names none means every one: the original's pages say so with an empty hitType. */
export const namesProtoHitOrAll = {
  id: namesProtoHit.id,
  hitType: about(
    'In place of id; empty: every ProtoHIT',
    field(
      z.preprocess((value) => (value === '' ? undefined : value), hitType.optional()),
      expectationOf(hitType),
      { type: 'string' },
    ),
  ).optional(),
};

/** In the original's words. */
export const NO_PROTO_HIT: Answer = problem(404, 'ProtoHit.DoesNotExist');
export const NO_RESERVATION: Answer = problem(404, 'WorkReservation.DoesNotExist');

type Named = { readonly id?: ProtoHitId | undefined; readonly hitType?: string | undefined };
type Found<Value> = { readonly type: 'found'; readonly protoHit: Value };
type NotFound = { readonly type: 'not found'; readonly answer: Answer };

/** The ProtoHIT that a request names, or the answer to one that names none. */
export async function namedProtoHit(db: Database, { id, hitType }: Named): Promise<Found<ProtoHitRow> | NotFound> {
  if (id === undefined && hitType === undefined) return notFound(NAMELESS);
  const row = await (hitType === undefined ? id && findProtoHit(db, id) : findProtoHitByHitType(db, hitType));
  if (!row) return notFound(NO_PROTO_HIT);
  if (id !== undefined && id !== row.protoHitId)
    return notFound(problem(400, 'id and hitType must name the same ProtoHIT, or one of them be left out'));
  return { type: 'found', protoHit: row };
}

/** Its id alone; whether there is one of that id is for the command to say, which asks the log. */
export async function namedProtoHitId(db: Database, named: Named): Promise<Found<ProtoHitId> | NotFound> {
  if (named.id !== undefined && named.hitType === undefined) return { type: 'found', protoHit: named.id };
  const found = await namedProtoHit(db, named);
  return found.type === 'found' ? { type: 'found', protoHit: found.protoHit.protoHitId } : found;
}

/** None of them, if the request names none. */
export const namedProtoHitOrAll = async (
  db: Database,
  named: Named,
): Promise<Found<ProtoHitRow | undefined> | NotFound> =>
  named.id === undefined && named.hitType === undefined
    ? { type: 'found', protoHit: undefined }
    : namedProtoHit(db, named);

/** What a request concerns that names a ProtoHIT, or none and so all of them. */
async function concernOf(db: Database, named: Named): Promise<Concern> {
  const found = await namedProtoHitOrAll(db, named);
  return found.type === 'not found' ? null : (found.protoHit?.protoHitId ?? 'everything');
}

/** What a request concerns that names a reservation. */
const concernOfReservation = async (db: Database, id: ReservationId): Promise<Concern> =>
  (await findReservation(db, id))?.protoHitId ?? null;

/** For endpoints that name a ProtoHIT: what a limited key may do, and what it is told of all others. */
export const limitedByProtoHit = (db: Database) => ({
  concerns: (named: Named): Promise<Concern> => concernOf(db, named),
  absent: NO_PROTO_HIT,
});

/** The same for those that name a reservation. */
export const limitedByReservation = (db: Database) => ({
  concerns: ({ id }: { readonly id: ReservationId }): Promise<Concern> => concernOfReservation(db, id),
  absent: NO_RESERVATION,
});

const notFound = (answer: Answer): NotFound => ({ type: 'not found', answer });

const NAMELESS = problem(400, 'id is missing: it must be the id of a ProtoHIT, or hitType its hit_type_id');
