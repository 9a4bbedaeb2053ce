import { setTimeout as sleep } from 'node:timers/promises';
import { assignTask } from '../domain/assignment.ts';
import { streamOf } from '../domain/event.ts';
import type { Instant, ProtoHitId, ReservationId } from '../domain/ids.ts';
import { type Match, match, type OpenReservation } from '../domain/matching.ts';
import type { WaitingWorker } from '../domain/presence.ts';
import {
  dispatch as dispatchWorkers,
  openSlots,
  type Reservation,
  type ReservationEvent,
} from '../domain/reservation.ts';
import type { StreamWrite } from '../event-store/port.ts';
import { coalesce } from '../postgres/coalesce.ts';
import { invokedWithOpenSlots, someInvoked } from '../projections/reservations.ts';
import { awaitedProtoHits, type WorkersWanted, waitingWorkers } from '../projections/whomToCall.ts';
import { assignments, type Loaded, load, workers as people, reservations } from './aggregates.ts';
import { type Dependencies, settled } from './context.ts';
import { type Stamp, writeTo } from './handle.ts';

/**
 * Sends waiting workers of a ProtoHIT to its invoked reservations until there is nobody to send or nowhere to
 * send them; answers with how many were sent. `reservationId` names one that the read models may not show yet.
 */
export type Dispatch = (protoHitId: ProtoHitId, reservationId?: ReservationId) => Promise<number>;

/** A match is tried again at once when another node was quicker; past this many rounds the watch takes over. */
const MOST_ROUNDS = 20;

/** More candidates than slots, because some may be gone by the time they are called. */
const SPARE_CANDIDATES = 20;

const context = { actor: 'scheduler', requestId: 'dispatch' } as const;

/**
 * Dispatch is exact on any number of nodes at once: a reservation's stream owns its slots, an assignment's
 * stream owns its task, and each match appends to both, expecting that neither has moved. Whoever comes second
 * decides anew.
 */
export function createDispatch(deps: Dependencies): Dispatch {
  /** The last turn of each ProtoHIT: under way, or waiting for the one before. */
  const turns = new Map<
    ProtoHitId,
    { readonly named: Set<ReservationId>; hasBegun: boolean; result: Promise<number> }
  >();

  const someoneWaits = coalesce<ProtoHitId, true>(
    async (protoHitIds) => {
      const pingTimeoutMs = deps.settings.pingTimeoutSeconds * 1000;
      const awaited = await awaitedProtoHits(deps.db, { protoHitIds, now: deps.clock(), pingTimeoutMs });
      return new Map([...awaited].map((id) => [id, true]));
    },
    { maxKeys: 10_000 },
  );

  const run = async (protoHitId: ProtoHitId, named: Iterable<ReservationId>): Promise<number> => {
    let sent = 0;
    const extra = new Set(named);
    for (let round = 1; round <= MOST_ROUNDS; round++) {
      if (!(await someoneWaits(protoHitId))) break;
      const { matched, dispatched } = await dispatchRound(deps, protoHitId, extra);
      sent += dispatched;
      if (matched === 0) break;
      if (dispatched === 0) await sleep(Math.random() * 5 * round);
    }
    return sent;
  };

  return (protoHitId, reservationId) => {
    const last = turns.get(protoHitId);
    const named = reservationId === undefined ? [] : [reservationId];
    // What changed may have been read already by the turn that is under way; all who come meanwhile share the next.
    if (last && !last.hasBegun) {
      for (const id of named) last.named.add(id);
      return last.result;
    }
    const turn = { named: new Set(named), hasBegun: false, result: Promise.resolve(0) };
    const take = async (): Promise<number> => {
      // Who asked for that one hears of its failure.
      await Promise.allSettled([last?.result]);
      turn.hasBegun = true;
      try {
        return await run(protoHitId, turn.named);
      } finally {
        if (turns.get(protoHitId) === turn) turns.delete(protoHitId);
      }
    };
    turn.result = take();
    turns.set(protoHitId, turn);
    return turn.result;
  };
}

type Opening = OpenReservation & { readonly loaded: Loaded<Reservation & { phase: 'invoked' }> };

async function dispatchRound(
  deps: Dependencies,
  protoHitId: ProtoHitId,
  extra: ReadonlySet<ReservationId>,
): Promise<{ matched: number; dispatched: number }> {
  const now = deps.clock();
  // Side by side: the one just invoked is known by name, and every round trip is a worker's wait.
  const [named, listed] = await Promise.all([
    openingsOf(deps, protoHitId, [...extra]),
    invokedWithOpenSlots(deps.db, protoHitId),
  ]);
  const others = listed.map(({ reservationId }) => reservationId).filter((id) => !extra.has(id));
  const openings = [...named, ...(await openingsOf(deps, protoHitId, others))];
  const wanted = openings.reduce((sum, { openSlots }) => sum + openSlots, 0);
  if (wanted === 0) return { matched: 0, dispatched: 0 };

  const preferRecruitedFor = openings.map(({ reservationId }) => reservationId);
  const limit = wanted + SPARE_CANDIDATES;
  const [waiting = []] = await waitingFor(deps, [{ protoHitId, preferRecruitedFor, limit }], now);
  const matches = match(openings, waiting, now);
  const sent = await Promise.all(
    matches.map((one) => {
      const opening = openings.find(({ reservationId }) => reservationId === one.reservationId);
      return opening === undefined ? 0 : carryOut(deps, opening.loaded, one);
    }),
  );
  return { matched: matches.length, dispatched: sent.reduce((sum, count) => sum + count, 0) };
}

/** The reservations as their streams say now: the read model may lag, the stream cannot. */
async function openingsOf(
  { store }: Dependencies,
  protoHitId: ProtoHitId,
  ids: readonly ReservationId[],
): Promise<readonly Opening[]> {
  const loaded = await Promise.all(ids.map((id) => load(store, reservations, streamOf.reservation(id))));
  return loaded.flatMap((one) => {
    const { state } = one;
    if (!isInvoked(state) || state.protoHitId !== protoHitId || openSlots(state) <= 0) return [];
    return { ...openingOf(state), loaded: { ...one, state } };
  });
}

/** One atomic append for the reservation and all who are sent to it; answers how many went, 0 after a conflict. */
async function carryOut(
  deps: Dependencies,
  reservation: Loaded<Reservation & { phase: 'invoked' }>,
  { workers }: Match,
): Promise<number> {
  const at = deps.clock();
  const sent = await sendWorkers(deps, reservation.state, workers, at, {
    ...{ context, at, correlationId: reservation.state.id, causationId: reservation.last?.id },
  });
  if (sent.events.length === 0) return 0;
  const result = await deps.store.append([writeTo(reservation, sent.events, sent.stamp), ...sent.writes]);
  if (result.type === 'conflict') return 0;
  // The next round must not pick the same people again.
  await settled(deps, { type: 'done', value: null, position: result.position });
  return sent.events.length;
}

type Sent = {
  /** For the reservation's stream. */
  readonly events: readonly ReservationEvent[];
  /** For the streams of those who are sent. */
  readonly writes: readonly StreamWrite[];
  readonly stamp: Stamp;
};

/** What to append so that workers are sent to a reservation; whoever cannot be called any more is left out. */
async function sendWorkers(
  { store }: Dependencies,
  reservation: Reservation & { phase: 'invoked' },
  workers: Match['workers'],
  at: Instant,
  stamp: Stamp,
): Promise<Sent> {
  const { id: reservationId, foreignId } = reservation;
  const loaded = await Promise.all(
    workers.map(async (worker) => {
      const [assignment, person] = await Promise.all([
        load(store, assignments, streamOf.assignment(worker.assignmentId)),
        load(store, people, streamOf.worker(worker.workerId)),
      ]);
      return { worker, assignment, isBlocked: person.state.phase === 'blocked' };
    }),
  );
  const callable = loaded.flatMap(({ worker, assignment, isBlocked }) => {
    if (isBlocked) return [];
    const decision = assignTask(assignment.state, { reservationId, foreignId, at });
    return decision.type === 'refused' ? [] : { worker, write: writeTo(assignment, decision.events, stamp) };
  });
  const decision = dispatchWorkers(reservation, { workers: callable.map(({ worker }) => worker), at });
  return decision.type === 'refused'
    ? { events: [], writes: [], stamp }
    : { events: decision.events, writes: callable.map(({ write }) => write), stamp };
}

/**
 * Those who can be sent to a reservation in the very append that invokes it: one append and one projection less
 * between the application's call and the worker's. Nobody, if another reservation of the ProtoHIT waits for workers:
 * then the ordinary dispatch decides, oldest first.
 */
export function createSendAtOnce(deps: Dependencies) {
  const openings = coalesce<ProtoHitId, readonly ReservationId[]>(
    async (protoHitIds) => {
      const byProtoHit = new Map<ProtoHitId, ReservationId[]>(protoHitIds.map((id) => [id, []]));
      for (const { protoHitId, reservationId } of await someInvoked(deps.db, protoHitIds))
        byProtoHit.get(protoHitId)?.push(reservationId);
      return byProtoHit;
    },
    { maxKeys: 10_000 },
  );
  const waitingWorkersFor = coalesce<WorkersWanted, readonly WaitingWorker[]>(
    async (wanted) => {
      const found = await waitingFor(deps, wanted, deps.clock());
      return new Map(wanted.map((one, n) => [one, found[n] ?? []]));
    },
    { maxKeys: 10_000 },
  );
  return async (reservation: Reservation & { phase: 'invoked' }, at: Instant, stamp: Stamp): Promise<Sent> => {
    const nobody: Sent = { events: [], writes: [], stamp };
    const { id: reservationId, protoHitId } = reservation;
    const limit = openSlots(reservation) + SPARE_CANDIDATES;
    const [others = [], waiting = []] = await Promise.all([
      openings(protoHitId),
      waitingWorkersFor({ protoHitId, preferRecruitedFor: [reservationId], limit }),
    ]);
    if (others.some((other) => other !== reservationId)) return nobody;
    const [matched] = match([openingOf(reservation)], waiting, at);
    return matched === undefined ? nobody : sendWorkers(deps, reservation, matched.workers, at, stamp);
  };
}

const waitingFor = ({ db, settings }: Dependencies, wanted: readonly WorkersWanted[], now: Instant) =>
  waitingWorkers(db, wanted, { now, pingTimeoutMs: settings.pingTimeoutSeconds * 1000 });

const openingOf = (state: Reservation & { phase: 'invoked' }): OpenReservation => ({
  reservationId: state.id,
  invokedAt: state.invokedAt ?? 0,
  openSlots: openSlots(state),
  holders: new Set(state.dispatched.values()),
});

/** Narrows a reservation to one that may be served. */
export const isInvoked = (state: Reservation): state is Reservation & { phase: 'invoked' } => state.phase === 'invoked';
