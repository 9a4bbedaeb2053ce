import {
  type Assignment,
  type AssignmentEvent,
  arrive,
  lose,
  markAbandoned,
  markApproved,
  markRejected,
  markReturned,
  markSubmitted,
  release,
  respond,
} from '../domain/assignment.ts';
import type { Decision } from '../domain/decision.ts';
import { streamOf } from '../domain/event.ts';
import type { AssignmentId, Instant, MarketplaceHitId, WorkerId } from '../domain/ids.ts';
import type { PingType, PresenceEvent } from '../domain/presence.ts';
import type { StreamWrite } from '../event-store/port.ts';
import { coalesce } from '../postgres/coalesce.ts';
import { type HitRow, hitsByMarketplaceIds } from '../projections/hits.ts';
import { countPresentOnHit, type TaskRow, tasksOf } from '../projections/tasks.ts';
import { assignments, load } from './aggregates.ts';
import { type CommandResult, type Context, type Dependencies, settled } from './context.ts';
import type { Dispatch } from './dispatch.ts';
import { handle, handleOne, nothingToTell, stamped, writeTo } from './handle.ts';

type Ping = {
  readonly assignmentId: AssignmentId;
  readonly workerId: WorkerId;
  readonly marketplaceHitId: MarketplaceHitId;
  readonly pingType: PingType;
};

const badAssignment = (why: string) =>
  ({ type: 'refused', refusal: { kind: 'notFound', message: `Bad assignment: ${why}` } }) as const;

/** Most look-ups of one kind in one query, and most that may wait for it. */
const LOOK_UP = { maxKeys: 10_000 };

/** What workers do, and what the marketplace reports of their assignments. */
export const assignmentCommands = (deps: Dependencies, dispatch: Dispatch) => {
  const { store, db, clock, log } = deps;
  const taskOf = coalesce<AssignmentId, TaskRow>((ids) => tasksOf(db, ids), LOOK_UP);
  const hitOf = coalesce<MarketplaceHitId, HitRow>((ids) => hitsByMarketplaceIds(db, ids), LOOK_UP);

  const presence = (context: Context, { assignmentId, workerId, pingType }: Ping, at: Instant): StreamWrite => {
    const stream = streamOf.presence(assignmentId);
    const pinged: PresenceEvent = { type: 'WorkerPinged', data: { assignmentId, workerId, pingType, at } };
    return { stream, expectedRevision: 'any', events: [stamped(pinged, stream, 0, { context, at })] };
  };

  /** A ping that may change the assignment: the worker arrives, comes back, or answers the call. */
  const pingThatMatters = (context: Context, ping: Ping, hit: HitRow): Promise<CommandResult<null>> =>
    handle(deps, async () => {
      const at = clock();
      const loaded = await load(store, assignments, streamOf.assignment(ping.assignmentId));
      const { hitId, protoHitId, recruitedFor } = hit;
      const arrival = arrive(loaded.state, { ...ping, hitId, protoHitId, recruitedFor, at });
      if (arrival.type === 'refused') return arrival;
      const decision =
        ping.pingType === 'working' && arrival.events.length === 0 ? respond(loaded.state, { at }) : arrival;
      if (decision.type === 'refused') return decision;
      const task = loaded.state.phase === 'none' ? null : loaded.state.task;
      const correlationId = task?.reservationId ?? recruitedFor ?? undefined;
      const writes = [writeTo(loaded, decision.events, { context, at, correlationId }), presence(context, ping, at)];
      return { type: 'write', writes, value: null, seen: [loaded] };
    });

  const onAssignment = (
    context: Context,
    assignmentId: AssignmentId,
    decide: (state: Assignment, at: Instant) => Decision<AssignmentEvent>,
  ): Promise<CommandResult<null>> =>
    handleOne(deps, context, assignments, streamOf.assignment(assignmentId), decide, nothingToTell, (state) =>
      state.phase === 'none' ? undefined : (state.task?.reservationId ?? state.recruitedFor),
    );

  return {
    /**
     * A worker's page says that it is there. Answers once the ping is committed, without waiting for read
     * models. Refused for a HIT we do not know, for somebody else's assignment, and for more people at once
     * than the HIT has assignments.
     */
    ping: async (context: Context, ping: Ping): Promise<CommandResult<null>> => {
      const task = await taskOf(ping.assignmentId);
      if (task !== undefined && isSettled(task, ping)) {
        const result = await store.append([presence(context, ping, clock())]);
        if (result.type === 'conflict') throw new Error(`a ping expects nothing, yet ${result.stream} conflicts`);
        return { type: 'done', value: null, position: result.position };
      }
      const hit = await hitOf(ping.marketplaceHitId);
      if (hit === undefined) return badAssignment(`no HIT ${ping.marketplaceHitId} was posted here`);
      // Counted only when it can matter: fewer ever came than it has assignments.
      if (task === undefined && hit.arrivals >= hit.maxAssignments) {
        const present = await countPresentOnHit(db, {
          hitId: hit.hitId,
          except: ping.assignmentId,
          now: clock(),
          pingTimeoutMs: deps.settings.pingTimeoutSeconds * 1000,
        });
        if (present >= hit.maxAssignments) return badAssignment('every assignment of its HIT is taken');
      }
      const result = await pingThatMatters(context, ping, hit);
      if (result.type === 'done' && ping.pingType === 'waiting') {
        settled(deps, result)
          .then(() => dispatch(hit.protoHitId))
          .catch((error: unknown) => log.error({ err: error }, 'dispatch on arrival failed; the watch takes it up'));
      }
      return result;
    },

    /** Pings stopped for good. */
    loseWorker: (context: Context, { assignmentId, lastPingAt }: { assignmentId: AssignmentId; lastPingAt: Instant }) =>
      onAssignment(context, assignmentId, (state, at) => lose(state, { lastPingAt, at })),

    /** Ends the wait of workers; those who were called in the meantime are left alone. */
    releaseWorkers: async (
      context: Context,
      { assignmentIds, reason }: { assignmentIds: readonly AssignmentId[]; reason: 'notNeeded' | 'waitedLongest' },
    ): Promise<void> => {
      await Promise.all(
        assignmentIds.map((assignmentId) =>
          onAssignment(context, assignmentId, (state, at) => release(state, { reason, at })),
        ),
      );
    },

    /** What the marketplace reports. */
    markAssignment: (context: Context, { assignmentId, as }: { assignmentId: AssignmentId; as: keyof typeof MARKS }) =>
      onAssignment(context, assignmentId, (state, at) => MARKS[as](state, { at })),
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
const isSettled = (task: TaskRow, ping: Ping): boolean =>
  task.workerId === ping.workerId &&
  task.marketplaceHitId === ping.marketplaceHitId &&
  task.phase !== 'lost' &&
  task.phase !== 'returned' &&
  task.phase !== 'abandoned' &&
  !(task.phase === 'called' && ping.pingType === 'working');
