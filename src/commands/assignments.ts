import { arrive, seeHolder } from '../domain/arrival.ts';
import { type Assignment, evolveAssignment, isGone, lose, type ReleaseReason, release } from '../domain/assignment.ts';
import { replay } from '../domain/decision.ts';
import { streamOf } from '../domain/event.ts';
import type { AssignmentId, Instant, MarketplaceHitId, WorkerId } from '../domain/ids.ts';
import {
  markAbandoned,
  markApproved,
  markRejected,
  markReturned,
  markSubmitted,
  type Seen,
} from '../domain/outcome.ts';
import { openSlotOf, start } from '../domain/place.ts';
import type { PingType, PresenceEvent } from '../domain/presence.ts';
import type { Reservation, ReservationEvent } from '../domain/reservation.ts';
import { isAhead, isUnproven, renewToken, type Session } from '../domain/session.ts';
import type { StreamWrite } from '../event-store/port.ts';
import { coalesce } from '../postgres/coalesce.ts';
import { tellHandedIn } from '../postgres/handedIn.ts';
import { type HitRow, hitsByMarketplaceIds } from '../projections/hits.ts';
import { type Task, tasksOf } from '../projections/tasks.ts';
import { assignments, type Loaded, load, reservations, workers } from './aggregates.ts';
import { type CommandResult, type Context, type Dependencies, settled } from './context.ts';
import type { Dispatch } from './dispatch.ts';
import { handle, stamped, writeTo } from './handle.ts';
import { createHeldPlaces, isOver } from './heldPlaces.ts';
import { onAssignment } from './onAssignment.ts';
import { placeWrites, reservationToAsk } from './places.ts';

type Ping = {
  readonly assignmentId: AssignmentId;
  readonly workerId: WorkerId;
  readonly marketplaceHitId: MarketplaceHitId;
  readonly pingType: PingType;
  /** Default: unsigned. */
  readonly session?: Session;
  /** Of the first `working` ping: milliseconds from the alarm to *Start*, if the page says. */
  readonly reactedAfterMs?: number | undefined;
};

/** What a page that pinged has to know. */
export type Pinged = {
  readonly isSigned: boolean;
  /** Of the token that opens the assignment from now on. */
  readonly generation: number;
  /** Their call or wait ended with this ping; null: it did not. */
  readonly released: ReleaseReason | null;
};

const badAssignment = (why: string) =>
  ({ type: 'refused', refusal: { kind: 'notFound', message: `Bad assignment: ${why}` } }) as const;

const forbidden = (why: string) =>
  ({ type: 'refused', refusal: { kind: 'forbidden', message: `Bad assignment: ${why}` } }) as const;
const NOT_THEIRS = forbidden('its own page is open, and has a token for it');
const NO_TOKEN = forbidden('this service takes no pages without a token: load its retainer.js');

/** Most look-ups of one kind in one query, and most that may wait for it. */
const LOOK_UP = { maxKeys: 10_000 };

/** What workers do, and what the marketplace reports of their assignments. */
export const assignmentCommands = (deps: Dependencies, dispatch: Dispatch) => {
  const { store, db, clock, log } = deps;
  const { silentSince, hasPlace } = createHeldPlaces(deps);
  const taskOf = coalesce<AssignmentId, Task>((ids) => tasksOf(db, ids), LOOK_UP);
  const hitOf = coalesce<MarketplaceHitId, HitRow>((ids) => hitsByMarketplaceIds(db, ids), LOOK_UP);

  const presence = (context: Context, { assignmentId, workerId, pingType }: Ping, at: Instant): StreamWrite => {
    const stream = streamOf.presence(assignmentId);
    const pinged: PresenceEvent = { type: 'WorkerPinged', data: { assignmentId, workerId, pingType, at } };
    return { stream, expectedRevision: 'any', events: [stamped(pinged, stream, 0, { context, at })] };
  };

  /** A ping that changes nothing but when the page was last heard of. */
  const onlyHeardOf = async (
    context: Context,
    ping: Ping,
    { isSigned, generation }: Task,
  ): Promise<CommandResult<Pinged>> => {
    const result = await store.append([presence(context, ping, clock())]);
    if (result.type === 'conflict') throw new Error(`a ping expects nothing, yet ${result.stream} conflicts`);
    return { type: 'done', value: { isSigned, generation, released: null }, position: result.position };
  };

  /**
   * The page is about to post the form. That ends nothing here, also if they were taken for gone: what was handed in is
   * for the marketplace to say, which is asked now.
   */
  const submitting = async (context: Context, ping: Ping, task: Task): Promise<CommandResult<Pinged>> => {
    const { assignmentId, workerId, marketplaceHitId, session = 'unsigned' } = ping;
    const isTheirs =
      task.workerId === workerId && task.marketplaceHitId === marketplaceHitId && !isUnproven(task, session);
    if (!isTheirs && !isAhead(task, session)) return NOT_THEIRS;
    const result = await onlyHeardOf(context, ping, task);
    tellHandedIn(db, { marketplaceHitId, assignmentId }).catch((error: unknown) =>
      log.warn(
        { err: error },
        'a hint that work is being handed in was lost; the next poll of the marketplace finds it',
      ),
    );
    return result;
  };

  /** Nobody gets a slot that they left behind with the assignment that somebody else has now. */
  const leftBehind = async (
    state: Assignment,
    reason: 'lost' | 'returned',
    at: Instant,
  ): Promise<{ reservation: Loaded<Reservation>; events: readonly ReservationEvent[] } | null> => {
    if (state.phase === 'none' || state.task === null) return null;
    const reservation = await load(store, reservations, streamOf.reservation(state.task.reservationId));
    const { reservation: events } = openSlotOf(state, reservation.state, { assignmentId: state.id, reason, at });
    return { reservation, events };
  };

  /** A ping that may change the assignment: the worker arrives, comes back, or answers the call. */
  const pingThatMatters = (
    context: Context,
    ping: Ping,
    hit: HitRow,
    task: Task | undefined,
  ): Promise<CommandResult<Pinged>> =>
    handle(deps, async () => {
      const at = clock();
      const { session = 'unsigned', workerId, assignmentId, marketplaceHitId } = ping;
      const [loaded, person] = await Promise.all([
        load(store, assignments, streamOf.assignment(assignmentId)),
        load(store, workers, streamOf.worker(workerId)),
      ]);
      const { state } = loaded;
      const isTheirs = state.phase !== 'none' && state.workerId === workerId;
      // A page may have lost its token: its browser kept nothing over a reload, or the answer that held it never came.
      // It gets another once the assignment has been silent, for then it pushes out nobody.
      const lacksToken = isTheirs && isUnproven(state, session);
      const mayTakeOver = state.phase !== 'none' && !isTheirs;
      const silent = lacksToken || mayTakeOver ? await silentSince(assignmentId, at) : null;
      if (lacksToken && (session === 'unsigned' || silent === null)) return NOT_THEIRS;
      if (!isTheirs && session === 'unsigned' && deps.settings.unsignedWorkers === 'refuse') return NO_TOKEN;
      const isSigned = isTheirs ? state.isSigned : session !== 'unsigned';
      const { hitId, protoHitId, recruitedFor } = hit;
      const worker = { workerId, assignmentId, marketplaceHitId, hitId, protoHitId, recruitedFor, isSigned, at };
      const isBlocked = person.state.phase === 'blocked';
      const arrival = arrive(state, { ...worker, isBlocked, silentSince: silent });
      if (arrival.type === 'refused') return arrival;

      const renewed = lacksToken ? renewToken(state, { replaces: state.generation, at }) : null;
      const came = [...arrival.events, ...(renewed?.type === 'accepted' ? renewed.events : [])];
      const after = replay(evolveAssignment, state, came);
      const left = isTheirs
        ? null
        : await leftBehind(state, isGone(state) && state.phase !== 'lost' ? 'returned' : 'lost', at);
      const starts = ping.pingType === 'working';
      const asked = starts ? await reservationToAsk(deps, after, task?.holdsSlot === false) : null;
      const place = starts ? start(after, asked?.state ?? null, { ...ping, at }) : null;
      const events = [...came, ...(place?.assignment ?? [])];
      const reservationId = after.phase === 'none' ? null : (after.task?.reservationId ?? recruitedFor);
      const stamp = { context, at, correlationId: reservationId ?? undefined };
      const writes = [
        ...placeWrites(loaded, asked, { assignment: events, reservation: place?.reservation ?? [] }, stamp),
        ...(left === null ? [] : [writeTo(left.reservation, left.events, stamp)]),
        presence(context, ping, at),
      ];
      const end = events.find((event) => event.type === 'WorkerReleased');
      const generation = after.phase === 'none' ? 0 : after.generation;
      const value = { isSigned, generation, released: end?.data.reason ?? null };
      return { type: 'write', writes, value, seen: [loaded] };
    });

  return {
    /**
     * A worker's page says that it is there. Answers once the ping is committed, without waiting for read
     * models. Refused for a HIT we do not know, for somebody else's assignment, for a signed one without its
     * token, and for more people at once than the HIT has assignments.
     */
    ping: async (context: Context, ping: Ping): Promise<CommandResult<Pinged>> => {
      const task = await taskOf(ping.assignmentId);
      if (ping.pingType === 'left' && (task === undefined || isGone(task))) return badAssignment('nobody waits there');
      if (ping.pingType === 'submitting')
        return task === undefined ? badAssignment('nobody was ever there') : submitting(context, ping, task);
      if (task !== undefined && isSettled(task, ping)) return onlyHeardOf(context, ping, task);
      const hit = await hitOf(ping.marketplaceHitId);
      if (hit === undefined) return badAssignment(`no HIT ${ping.marketplaceHitId} was posted here`);
      if (task === undefined && isOver(hit, clock())) return badAssignment('its HIT has ended');
      // Counted only when it can matter: fewer ever came than it has assignments.
      if (task === undefined && hit.arrivals >= hit.maxAssignments && !(await hasPlace(hit, ping.assignmentId)))
        return badAssignment('every assignment of its HIT is taken');
      const result = await pingThatMatters(context, ping, hit, task);
      if (result.type === 'done' && ping.pingType === 'waiting') {
        settled(deps, result)
          .then(() => dispatch(hit.protoHitId))
          .catch((error: unknown) => log.error({ err: error }, 'dispatch on arrival failed; the watch takes it up'));
      }
      return result;
    },

    /** Pings stopped for good. */
    loseWorker: (context: Context, { assignmentId, lastPingAt }: { assignmentId: AssignmentId; lastPingAt: Instant }) =>
      onAssignment(deps, context, assignmentId, (state, at) => lose(state, { lastPingAt, at })),

    /** Ends the wait of workers; those who were called in the meantime are left alone. */
    releaseWorkers: async (
      context: Context,
      { assignmentIds, reason }: { assignmentIds: readonly AssignmentId[]; reason: ReleaseReason },
    ): Promise<void> => {
      await Promise.all(
        assignmentIds.map((assignmentId) =>
          onAssignment(deps, context, assignmentId, (state, at) => release(state, { reason, at })),
        ),
      );
    },

    /** What the marketplace reports. */
    markAssignment: (
      context: Context,
      { assignmentId, as, ...seen }: { assignmentId: AssignmentId; as: keyof typeof MARKS } & Seen,
    ) => onAssignment(deps, context, assignmentId, (state, at) => MARKS[as](state, { ...seen, at })),

    /**
     * The marketplace reports work of somebody who was never heard of here, or who has the assignment after somebody else:
     * they are believed to have come, and to have handed in.
     */
    markUnseen: (
      context: Context,
      {
        assignmentId,
        workerId,
        marketplaceHitId,
        as,
        ...seen
      }: {
        assignmentId: AssignmentId;
        workerId: WorkerId;
        marketplaceHitId: MarketplaceHitId;
        as: 'submitted' | 'approved' | 'rejected';
      } & Seen,
    ): Promise<CommandResult<null>> =>
      handle(deps, async () => {
        const at = clock();
        const loaded = await load(store, assignments, streamOf.assignment(assignmentId));
        const { state } = loaded;
        const hit = await hitOf(marketplaceHitId);
        if (hit === undefined) return badAssignment(`no HIT ${marketplaceHitId} was posted here`);
        const { hitId, protoHitId, recruitedFor } = hit;
        const worker = { assignmentId, workerId, marketplaceHitId, hitId, protoHitId, recruitedFor };
        const came = seeHolder(state, { ...worker, isSigned: false, at });
        if (came.type === 'refused') return came;
        const done = MARKS[as](replay(evolveAssignment, state, came.events), { ...seen, at });
        if (done.type === 'refused') return done;
        const left = came.events.length > 0 ? await leftBehind(state, 'returned', at) : null;
        const stamp = { context, at, correlationId: recruitedFor ?? undefined };
        const writes = [
          writeTo(loaded, [...came.events, ...done.events], stamp),
          ...(left === null ? [] : [writeTo(left.reservation, left.events, stamp)]),
        ];
        return { type: 'write', writes, value: null, seen: [loaded] };
      }),
  };
};

const MARKS = {
  returned: markReturned,
  abandoned: markAbandoned,
  submitted: markSubmitted,
  approved: markApproved,
  rejected: markRejected,
} as const;

/** Nothing but the time of the last ping changes. */
const isSettled = (task: Task, ping: Ping): boolean =>
  task.workerId === ping.workerId &&
  task.marketplaceHitId === ping.marketplaceHitId &&
  !isUnproven(task, ping.session ?? 'unsigned') &&
  !isGone(task) &&
  !(task.phase === 'called' && ping.pingType === 'working');
