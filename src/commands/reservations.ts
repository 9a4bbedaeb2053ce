import { type Decision, replay } from '../domain/decision.ts';
import { streamOf } from '../domain/event.ts';
import { requestExpire } from '../domain/hit.ts';
import { type HitId, type Instant, type ProtoHitId, ReservationId } from '../domain/ids.ts';
import { closedToNew } from '../domain/protoHit.ts';
import {
  cancel,
  evolveReservation,
  finish,
  invoke,
  make,
  openSlots,
  type Reservation,
  type ReservationEvent,
  stopRecruiting,
  timeOut,
  unfinish,
} from '../domain/reservation.ts';
import { openHitsOfReservation, unneededHits } from '../projections/hits.ts';
import { openReservations } from '../projections/reservations.ts';
import { releasable } from '../projections/waitingPool.ts';
import { commitReservation } from './access/commit.ts';
import { hits, load, protoHits, reservations } from './aggregates.ts';
import type { assignmentCommands } from './assignments.ts';
import { type CommandResult, type Context, type Dependencies, settled } from './context.ts';
import { createSendAtOnce, type Dispatch, isInvoked } from './dispatch.ts';
import { handle, handleOne, writeTo } from './handle.ts';
import type { hitCommands } from './hits.ts';
import { idFor } from './ids.ts';
import type { NextNumber } from './numbers.ts';
import type { placeCommands } from './places.ts';

type Made = {
  readonly protoHitId: ProtoHitId;
  readonly foreignId: string;
  readonly payload: Parameters<typeof make>[1]['payload'];
  /** From now. */
  readonly delaySeconds: number;
  readonly numAssignments: number;
};

/** The life of reservations, as applications and the scheduler steer it. */
export const reservationCommands = (
  deps: Dependencies,
  dispatch: Dispatch,
  { releaseWorkers }: Pick<ReturnType<typeof assignmentCommands>, 'releaseWorkers'>,
  { requestHitExpire }: Pick<ReturnType<typeof hitCommands>, 'requestHitExpire'>,
  { endCallsTo }: Pick<ReturnType<typeof placeCommands>, 'endCallsTo'>,
  nextNumber: NextNumber,
) => {
  const { store, db, clock, log } = deps;
  const sendAtOnce = createSendAtOnce(deps);

  /** Answers with the reservation as it was before; its ProtoHIT never changes. */
  const onReservation = (
    context: Context,
    reservationId: ReservationId,
    decide: (state: Reservation, at: Instant) => Decision<ReservationEvent>,
  ): Promise<CommandResult<Reservation>> =>
    handleOne(
      deps,
      context,
      reservations,
      streamOf.reservation(reservationId),
      decide,
      (state) => state,
      () => reservationId,
    );

  /** The rest of an answered command: what fails here is taken up by the watch within a second or two. */
  const followUp = async (what: string, work: () => Promise<unknown>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      log.warn({ err: error }, `${what} failed after its command was stored; the watch takes it up`);
    }
  };

  /** Tells those who wait, if the command may have opened slots. */
  const thenDispatch = async (
    result: CommandResult<Reservation>,
    reservationId: ReservationId,
  ): Promise<CommandResult<null>> => {
    if (result.type === 'refused') return result;
    const { value: before, position } = result;
    // Side by side: the one just invoked is known by name, whatever queries show.
    const [answer] = await Promise.all([
      settled<null>(deps, { type: 'done', value: null, position }),
      before.phase !== 'none' && followUp('dispatch', () => dispatch(before.protoHitId, reservationId)),
    ]);
    return answer;
  };

  const done = async (result: CommandResult<unknown>): Promise<CommandResult<null>> =>
    settled(deps, result.type === 'refused' ? result : { ...result, value: null });

  const releaseUnneeded = async (context: Context): Promise<void> => {
    const due = await releasable(db, { now: clock() });
    const assignmentIds = due.filter(({ reason }) => reason === 'notNeeded').map(({ assignmentId }) => assignmentId);
    await releaseWorkers(context, { assignmentIds, reason: 'notNeeded' });
  };

  return {
    /** Announces work for a ProtoHIT. Recruiting follows; nobody is told yet. */
    makeReservation: async (context: Context, made: Made): Promise<CommandResult<ReservationId>> => {
      const reservationId = ReservationId.parse(idFor(context, 'reservation'));
      return settled(
        deps,
        await handle(deps, async () => {
          const at = clock();
          const [protoHit, reservation] = await Promise.all([
            load(store, protoHits, streamOf.protoHit(made.protoHitId)),
            load(store, reservations, streamOf.reservation(reservationId)),
          ]);
          const closed = closedToNew(protoHit.state);
          if (closed !== null) return closed;
          const tooDear = await commitReservation(deps, context, protoHit.state, { ...made, reservationId, at });
          if (tooDear !== null) return tooDear;
          const number = reservation.state.phase === 'none' ? await nextNumber('reservation') : undefined;
          const decision = make(reservation.state, { ...made, reservationId, number, at });
          if (decision.type === 'refused') return decision;
          const writes = [writeTo(reservation, decision.events, { context, at, correlationId: reservationId })];
          return { type: 'write', writes, value: reservationId, seen: [reservation] };
        }),
      );
    },

    /** Asks for the workers now: as many as wait are told before this answers. */
    invokeReservation: async (
      context: Context,
      { reservationId, foreignId }: { reservationId: ReservationId; foreignId?: string | undefined },
    ): Promise<CommandResult<null>> => {
      const result = await handle<Reservation>(deps, async () => {
        const at = clock();
        const reservation = await load(store, reservations, streamOf.reservation(reservationId));
        const decision = invoke(reservation.state, { foreignId, at });
        if (decision.type === 'refused') return decision;
        const stamp = { context, at, correlationId: reservationId };
        const invoked = replay(evolveReservation, reservation.state, decision.events);
        const sent =
          decision.events.length > 0 && isInvoked(invoked) && openSlots(invoked) > 0
            ? await sendAtOnce(invoked, at, stamp)
            : undefined;
        const events = [...decision.events, ...(sent?.events ?? [])];
        const writes = [writeTo(reservation, events, stamp), ...(sent?.writes ?? [])];
        const value = replay(evolveReservation, reservation.state, events);
        return { type: 'write', writes, value, seen: [reservation] };
      });
      // All slots filled: there is nothing left to dispatch.
      return result.type === 'done' && openSlots(result.value) === 0
        ? done(result)
        : thenDispatch(result, reservationId);
    },

    /** Sends no more workers, and tells those who were called and have not started. Its HITs go at the scheduler's next round if nobody else needs them. */
    finishReservation: async (
      context: Context,
      { reservationId }: { reservationId: ReservationId },
    ): Promise<CommandResult<null>> => {
      const result = await done(await onReservation(context, reservationId, (state, at) => finish(state, { at })));
      if (result.type === 'done') await followUp('telling those called', () => endCallsTo(context, reservationId));
      return result;
    },

    /** Back to where it stood before it was finished, cancelled or timed out. */
    unfinishReservation: async (
      context: Context,
      { reservationId }: { reservationId: ReservationId },
    ): Promise<CommandResult<null>> => {
      const result = await onReservation(context, reservationId, (state, at) => unfinish(state, { at }));
      return thenDispatch(result, reservationId);
    },

    /**
     * Ends the reservation and, in the same append, its HITs; then tells those who were called and have not started, and
     * releases those who wait and whom no other reservation of the ProtoHIT needs.
     */
    cancelReservation: async (
      context: Context,
      { reservationId }: { reservationId: ReservationId },
    ): Promise<CommandResult<null>> => {
      const result = await settled(
        deps,
        await handle(deps, async () => {
          const at = clock();
          const reservation = await load(store, reservations, streamOf.reservation(reservationId));
          const decision = cancel(reservation.state, { at });
          if (decision.type === 'refused') return decision;
          const stamp = { context, at, correlationId: reservationId };
          const open = decision.events.length > 0 ? await openHitsOfReservation(db, reservationId) : [];
          const expiries = await Promise.all(
            open.map(async ({ hitId }) => {
              const hit = await load(store, hits, streamOf.hit(hitId));
              const expiry = requestExpire(hit.state, { reason: 'cancelled', at });
              return writeTo(hit, expiry.type === 'refused' ? [] : expiry.events, stamp);
            }),
          );
          const writes = [writeTo(reservation, decision.events, stamp), ...expiries];
          return { type: 'write', writes, value: null, seen: [reservation] };
        }),
      );
      if (result.type === 'done') {
        await followUp('telling those called', () => endCallsTo(context, reservationId));
        await followUp('release', () => releaseUnneeded(context));
      }
      return result;
    },

    /** Finishes every open reservation (of one ProtoHIT, if named) and expires every HIT nobody needs. */
    finishAll: async (
      context: Context,
      { protoHitId }: { protoHitId?: ProtoHitId | undefined },
    ): Promise<CommandResult<{ finished: number }>> => {
      const open = await openReservations(db, protoHitId);
      const results = await Promise.all(
        open.map(({ reservationId }) => onReservation(context, reservationId, (state, at) => finish(state, { at }))),
      );
      const positions = results.flatMap((result) =>
        result.type === 'done' && result.position !== null ? [result.position] : [],
      );
      const position = positions.sort().at(-1) ?? null;
      const answer = await settled(deps, { type: 'done', value: { finished: open.length }, position });
      const unneeded: readonly { hitId: HitId }[] = await unneededHits(db, { now: clock(), protoHitId });
      await requestHitExpire(context, { hitIds: unneeded.map(({ hitId }) => hitId), reason: 'finishedAll' });
      await followUp('telling those called', () =>
        Promise.all(open.map(({ reservationId }) => endCallsTo(context, reservationId))),
      );
      await followUp('release', () => releaseUnneeded(context));
      return answer;
    },

    /** Gives up on a reservation that nobody invoked in time. */
    timeOutReservation: (context: Context, { reservationId }: { reservationId: ReservationId }) =>
      onReservation(context, reservationId, (state, at) =>
        timeOut(state, { timeoutMinutes: deps.settings.reservationTimeoutMinutes, at }),
      ),

    /** Posts no more HITs for a reservation that was invoked long ago, lacks workers, and was not finished. */
    stopRecruiting: (context: Context, { reservationId }: { reservationId: ReservationId }) =>
      onReservation(context, reservationId, (state, at) =>
        stopRecruiting(state, { timeoutMinutes: deps.settings.invokedTimeoutMinutes, at }),
      ),
  };
};
