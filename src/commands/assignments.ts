import {
  arrive,
  isGone,
  isUnproven,
  lose,
  markAbandoned,
  markApproved,
  markRejected,
  markReturned,
  markSubmitted,
  type ReleaseReason,
  release,
  respond,
  type Seen,
  type Session,
} from '../domain/assignment.ts';
import { streamOf } from '../domain/event.ts';
import type { AssignmentId, Instant, MarketplaceHitId, WorkerId } from '../domain/ids.ts';
import type { PingType, PresenceEvent } from '../domain/presence.ts';
import { END, type StreamWrite } from '../event-store/port.ts';
import { coalesce } from '../postgres/coalesce.ts';
import { tellHandedIn } from '../postgres/handedIn.ts';
import { type HitRow, hitsByMarketplaceIds } from '../projections/hits.ts';
import { placesHeldOnHit, type Task, tasksOf } from '../projections/tasks.ts';
import { assignments, load, workers } from './aggregates.ts';
import { type CommandResult, type Context, type Dependencies, settled } from './context.ts';
import type { Dispatch } from './dispatch.ts';
import { handle, stamped, writeTo } from './handle.ts';
import { onAssignment } from './onAssignment.ts';

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
export type Pinged = { readonly isSigned: boolean };

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
  const taskOf = coalesce<AssignmentId, Task>((ids) => tasksOf(db, ids), LOOK_UP);
  const hitOf = coalesce<MarketplaceHitId, HitRow>((ids) => hitsByMarketplaceIds(db, ids), LOOK_UP);

  const presence = (context: Context, { assignmentId, workerId, pingType }: Ping, at: Instant): StreamWrite => {
    const stream = streamOf.presence(assignmentId);
    const pinged: PresenceEvent = { type: 'WorkerPinged', data: { assignmentId, workerId, pingType, at } };
    return { stream, expectedRevision: 'any', events: [stamped(pinged, stream, 0, { context, at })] };
  };

  /** Whether an assignment's pings have stopped: asked of the log, for read models forget who does not wait. */
  const isSilent = async (assignmentId: AssignmentId, at: Instant): Promise<boolean> => {
    const stream = streamOf.presence(assignmentId);
    const { revision } = await store.read(stream, { fromRevision: END });
    if (revision === null) return true;
    const { events } = await store.read(stream, { fromRevision: revision });
    const last = events.at(-1);
    return last === undefined || at - last.recordedAt > deps.settings.pingTimeoutSeconds * 1000;
  };

  /**
   * Whether a HIT has a place for one more assignment. Who is at work or was let go, and is not heard of any more, may
   * have given theirs back, of which no marketplace tells: whoever accepted the HIT since is not sent away.
   */
  const hasPlace = async ({ hitId, maxAssignments }: HitRow, assignmentId: AssignmentId): Promise<boolean> => {
    const now = clock();
    const pingTimeoutMs = deps.settings.pingTimeoutSeconds * 1000;
    const holders = await placesHeldOnHit(db, { hitId, except: assignmentId, now, pingTimeoutMs });
    if (holders.length < maxAssignments) return true;
    const mayBeGone = holders.filter(({ phase }) => phase === 'working' || phase === 'released');
    const silent = await Promise.all(mayBeGone.map((holder) => isSilent(holder.assignmentId, now)));
    return holders.length - silent.filter(Boolean).length < maxAssignments;
  };

  /** A ping that changes nothing but when the page was last heard of. */
  const onlyHeardOf = async (context: Context, ping: Ping, { isSigned }: Task): Promise<CommandResult<Pinged>> => {
    const result = await store.append([presence(context, ping, clock())]);
    if (result.type === 'conflict') throw new Error(`a ping expects nothing, yet ${result.stream} conflicts`);
    return { type: 'done', value: { isSigned }, position: result.position };
  };

  /**
   * The page is about to post the form. That ends nothing here, also if they were taken for gone: what was handed in is
   * for the marketplace to say, which is asked now.
   */
  const submitting = async (context: Context, ping: Ping, task: Task): Promise<CommandResult<Pinged>> => {
    const { assignmentId, workerId, marketplaceHitId, session = 'unsigned' } = ping;
    if (task.workerId !== workerId || task.marketplaceHitId !== marketplaceHitId || isUnproven(task, session))
      return NOT_THEIRS;
    const result = await onlyHeardOf(context, ping, task);
    tellHandedIn(db, { marketplaceHitId, assignmentId }).catch((error: unknown) =>
      log.warn(
        { err: error },
        'a hint that work is being handed in was lost; the next poll of the marketplace finds it',
      ),
    );
    return result;
  };

  /** A ping that may change the assignment: the worker arrives, comes back, or answers the call. */
  const pingThatMatters = (context: Context, ping: Ping, hit: HitRow): Promise<CommandResult<Pinged>> =>
    handle(deps, async () => {
      const at = clock();
      const { session = 'unsigned', workerId, assignmentId, marketplaceHitId } = ping;
      const [loaded, person] = await Promise.all([
        load(store, assignments, streamOf.assignment(assignmentId)),
        load(store, workers, streamOf.worker(workerId)),
      ]);
      const { state } = loaded;
      if (state.phase === 'none') {
        if (session === 'unsigned' && deps.settings.unsignedWorkers === 'refuse') return NO_TOKEN;
      } else if (isUnproven(state, session)) {
        // A page may have lost its token: its browser kept nothing over a reload, or the answer that held it never came.
        // It gets the token again once the assignment has been silent, for then it pushes out nobody.
        if (session === 'unsigned' || !(await isSilent(assignmentId, at))) return NOT_THEIRS;
      }
      const isSigned = state.phase === 'none' ? session !== 'unsigned' : state.isSigned;
      const { hitId, protoHitId, recruitedFor } = hit;
      const worker = { workerId, assignmentId, marketplaceHitId, hitId, protoHitId, recruitedFor, isSigned, at };
      const arrival = arrive(state, { ...worker, isBlocked: person.state.phase === 'blocked' });
      if (arrival.type === 'refused') return arrival;
      const decision =
        ping.pingType === 'working' && arrival.events.length === 0
          ? respond(state, { reactedAfterMs: ping.reactedAfterMs, at })
          : arrival;
      if (decision.type === 'refused') return decision;
      const task = state.phase === 'none' ? null : state.task;
      const correlationId = task?.reservationId ?? recruitedFor ?? undefined;
      const writes = [writeTo(loaded, decision.events, { context, at, correlationId }), presence(context, ping, at)];
      return { type: 'write', writes, value: { isSigned }, seen: [loaded] };
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
  };
};

const MARKS = {
  returned: markReturned,
  abandoned: markAbandoned,
  submitted: markSubmitted,
  approved: markApproved,
  rejected: markRejected,
} as const;

/** By how much the marketplace's clock may be behind ours. */
const CLOCKS_DIFFER_MS = 60_000;

/** Whether nobody can hold an assignment of a HIT any more: the time of whoever accepted it last has run out. */
const isOver = ({ expiresAt, leftAt, fields }: HitRow, now: Instant): boolean =>
  now >
  Math.min(expiresAt ?? Number.POSITIVE_INFINITY, leftAt ?? Number.POSITIVE_INFINITY) +
    fields.assignmentDurationSeconds * 1000 +
    CLOCKS_DIFFER_MS;

/** Nothing but the time of the last ping changes. */
const isSettled = (task: Task, ping: Ping): boolean =>
  task.workerId === ping.workerId &&
  task.marketplaceHitId === ping.marketplaceHitId &&
  !isUnproven(task, ping.session ?? 'unsigned') &&
  !isGone(task) &&
  !(task.phase === 'called' && ping.pingType === 'working');
