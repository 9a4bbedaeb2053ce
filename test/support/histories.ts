import fc from 'fast-check';
import {
  type Aggregate,
  apiKeys,
  assignments,
  hits,
  operators,
  protoHits,
  reservations,
  workers,
  workRequests,
} from '../../src/commands/aggregates.ts';
import { issue, revoke } from '../../src/domain/apiKey.ts';
import { arrive } from '../../src/domain/arrival.ts';
import * as assignment from '../../src/domain/assignment.ts';
import { type Decision, emit, replay } from '../../src/domain/decision.ts';
import { type DomainEvent, type StreamName, streamOf } from '../../src/domain/event.ts';
import * as hit from '../../src/domain/hit.ts';
import * as operator from '../../src/domain/operator.ts';
import * as outcome from '../../src/domain/outcome.ts';
import { openSlotOf } from '../../src/domain/place.ts';
import { PingType } from '../../src/domain/presence.ts';
import * as protoHit from '../../src/domain/protoHit.ts';
import * as reservation from '../../src/domain/reservation.ts';
import * as review from '../../src/domain/review.ts';
import { renewToken } from '../../src/domain/session.ts';
import * as worker from '../../src/domain/worker.ts';
import * as workRequest from '../../src/domain/workRequest.ts';
import type { StreamWrite } from '../../src/event-store/port.ts';
import { fields, ids, newEvent, STARTED_AT } from './events.ts';

/** One random command: `a` and `b` choose what on, `elapsedMs` goes by before it. */
type Step = { readonly kind: Kind; readonly a: number; readonly b: number; readonly elapsedMs: number };
type Kind = keyof ReturnType<typeof commandsOn>;

/** Appends as they could have come about: each is what deciders answered to a random command. */
export const histories = ({ maxLength }: { maxLength: number }): fc.Arbitrary<readonly (readonly StreamWrite[])[]> =>
  fc
    .array(steps, { minLength: maxLength / 2, maxLength, size: 'max' })
    .map((history) => play([...opening, ...history]));

/** So that workers have somewhere to come and somewhere to go. */
const opening = (['putProtoHit', 'make', 'requestPost', 'posted', 'invoke', 'arrive'] as const).flatMap((kind) =>
  [0, 1, 2, 3].map((n): Step => ({ kind, a: n, b: n, elapsedMs: 100 })),
);

/** Small numbers of everything, so that commands meet: a few ProtoHITs, more people than HITs. */
const small = fc.noBias(fc.nat({ max: 5 }));
const weights: Readonly<Record<Kind, number>> = {
  putProtoHit: 2,
  switchSandbox: 1,
  retireProtoHit: 1,
  restoreProtoHit: 2,
  make: 3,
  invoke: 5,
  finish: 1,
  unfinish: 3,
  cancel: 1,
  timeOut: 1,
  stopRecruiting: 3,
  requestPost: 4,
  posted: 4,
  postFailed: 1,
  requestExpire: 1,
  expired: 1,
  expireFailed: 2,
  disposed: 1,
  listed: 1,
  arrive: 12,
  ping: 10,
  dispatch: 12,
  respond: 10,
  renewToken: 2,
  lose: 3,
  release: 1,
  returned: 2,
  abandoned: 1,
  submitted: 2,
  approved: 1,
  rejected: 2,
  askToApprove: 3,
  askToReject: 2,
  reviewFailed: 1,
  grantBonus: 3,
  bonusPaid: 2,
  bonusFailed: 2,
  block: 3,
  unblock: 2,
  marketplaceAnswered: 5,
  marketplaceRefused: 1,
  reopenSlot: 4,
  putWork: 2,
  workDone: 2,
  reopenWork: 3,
  issueKey: 1,
  revokeKey: 1,
  atTheDoor: 3,
};
const kinds = Object.keys(weights) as Kind[];
const steps: fc.Arbitrary<Step> = fc.record({
  kind: fc.noBias(fc.oneof(...kinds.map((kind) => ({ weight: weights[kind], arbitrary: fc.constant(kind) })))),
  a: small,
  b: small,
  // Now and then backwards: the clocks of nodes differ.
  elapsedMs: fc.oneof(
    { weight: 9, arbitrary: fc.nat({ max: 20_000 }) },
    { weight: 1, arbitrary: fc.integer({ min: -500, max: 0 }) },
  ),
});

function play(history: readonly Step[]): readonly (readonly StreamWrite[])[] {
  const clock = { now: STARTED_AT };
  const appends: (readonly StreamWrite[])[] = [];
  let events = 0;
  const commands = commandsOn(clock, (changes) => {
    const writes = changes.flatMap((change): StreamWrite[] => {
      if (change.events.length === 0) return [];
      change.evolve();
      const stamped = change.events.map((event) => newEvent(event, events++, clock.now));
      return [{ stream: change.stream, expectedRevision: 'any', events: stamped }];
    });
    if (writes.length > 0) appends.push(writes);
  });
  for (const { kind, a, b, elapsedMs } of history) {
    clock.now += elapsedMs;
    commands[kind](a, b);
  }
  return appends;
}

const operatorNamed = (n: number): operator.OperatorName => operator.OperatorName.parse(`operator-${n}`);

type Change = { readonly stream: StreamName; readonly events: readonly DomainEvent[]; readonly evolve: () => void };

/** The states of one kind of aggregate, numbered. */
function states<State, Event extends DomainEvent>(
  { initial, evolve }: Aggregate<State, Event>,
  streamOfNumber: (n: number) => StreamName,
) {
  const known = new Map<number, State>();
  const at = (n: number): State => known.get(n) ?? initial;
  return {
    at,
    /** What a command would change; null if it is refused. */
    change: (n: number, decision: Decision<Event>): Change | null =>
      decision.type === 'refused'
        ? null
        : {
            stream: streamOfNumber(n),
            events: decision.events,
            evolve: () => known.set(n, replay(evolve, at(n), decision.events)),
          },
  };
}

/** Each command takes two small numbers; refused ones append nothing. */
function commandsOn(clock: { now: number }, append: (changes: readonly Change[]) => void) {
  const all = {
    protoHit: states(protoHits, (n) => streamOf.protoHit(ids.protoHit(n))),
    reservation: states(reservations, (n) => streamOf.reservation(ids.reservation(n))),
    assignment: states(assignments, (n) => streamOf.assignment(ids.assignment(n))),
    hit: states(hits, (n) => streamOf.hit(ids.hit(n))),
    worker: states(workers, (n) => streamOf.worker(ids.worker(n))),
    workRequest: states(workRequests, (n) => streamOf.workRequest(ids.workRequest(n))),
    apiKey: states(apiKeys, (n) => streamOf.apiKey(ids.apiKey(n))),
    operator: states(operators, (n) => streamOf.operator(operatorNamed(n))),
  };
  const together = (...changes: readonly (Change | null)[]): void => {
    const accepted = changes.flatMap((change) => change ?? []);
    if (accepted.length === changes.length) append(accepted);
  };
  const now = () => ({ at: clock.now });
  const pinged = (n: number, pingType: PingType): Change => ({
    stream: streamOf.presence(ids.assignment(n)),
    events: [
      { type: 'WorkerPinged', data: { assignmentId: ids.assignment(n), workerId: ids.worker(n), pingType, ...now() } },
    ],
    evolve: () => {},
  });
  const onReservation = (n: number, decision: Decision<reservation.ReservationEvent>) =>
    together(all.reservation.change(n, decision));
  const onHit = (n: number, decision: Decision<hit.HitEvent>) => together(all.hit.change(n, decision));
  const onAssignment = (n: number, decision: Decision<assignment.AssignmentEvent>) =>
    together(all.assignment.change(n, decision));

  return {
    putProtoHit: (a: number, b: number) => {
      const command = {
        protoHitId: ids.protoHit(a % 2),
        fields: fields({ hitTypeId: `type ${a % 2}`, rewardCents: b }),
      };
      const sandbox = b % 3 === 0 ? undefined : b % 3 === 1;
      together(all.protoHit.change(a % 2, protoHit.define(all.protoHit.at(a % 2), { ...command, sandbox, ...now() })));
    },
    switchSandbox: (a: number, b: number) => {
      const decision = protoHit.switchSandbox(all.protoHit.at(a % 2), {
        sandbox: b % 2 === 0 ? 'toggle' : true,
        ...now(),
      });
      together(all.protoHit.change(a % 2, decision));
    },
    retireProtoHit: (a: number) => together(all.protoHit.change(a % 2, protoHit.retire(all.protoHit.at(a % 2), now()))),
    restoreProtoHit: (a: number) =>
      together(all.protoHit.change(a % 2, protoHit.restore(all.protoHit.at(a % 2), now()))),
    make: (a: number, b: number) => {
      if (all.protoHit.at(b % 2).phase !== 'defined') return;
      const what = { reservationId: ids.reservation(a), protoHitId: ids.protoHit(b % 2), foreignId: `job "${a}"` };
      const payload = b % 2 === 0 ? null : { text: 'naïve \\ "quoted"', list: [a, b] };
      const size = { delaySeconds: b * 60, numAssignments: 1 + (b % 4) };
      onReservation(a, reservation.make(all.reservation.at(a), { ...what, payload, ...size, ...now() }));
    },
    invoke: (a: number, b: number) =>
      onReservation(
        a,
        reservation.invoke(all.reservation.at(a), { foreignId: b % 2 === 0 ? undefined : `again ${b}`, ...now() }),
      ),
    finish: (a: number) => onReservation(a, reservation.finish(all.reservation.at(a), now())),
    unfinish: (a: number) => onReservation(a, reservation.unfinish(all.reservation.at(a), now())),
    cancel: (a: number) => onReservation(a, reservation.cancel(all.reservation.at(a), now())),
    timeOut: (a: number) =>
      onReservation(a, reservation.timeOut(all.reservation.at(a), { timeoutMinutes: 0, ...now() })),
    stopRecruiting: (a: number) =>
      onReservation(a, reservation.stopRecruiting(all.reservation.at(a), { timeoutMinutes: 0, ...now() })),
    /** To a reservation go up to three workers who wait for its ProtoHIT, in one append. */
    dispatch: (a: number, b: number) => {
      const state = all.reservation.at(a);
      if (state.phase !== 'invoked') return;
      const callable = [0, 1, 2, 3, 4, 5]
        .map((n) => (n + b) % 6)
        .filter((n) => {
          const one = all.assignment.at(n);
          return one.phase === 'waiting' && one.protoHitId === state.protoHitId;
        });
      const chosen = callable.slice(0, Math.min(3, reservation.openSlots(state)));
      const people = chosen.map((n) => ({ assignmentId: ids.assignment(n), workerId: ids.worker(n) }));
      const task = { reservationId: state.id, foreignId: state.foreignId, ...now() };
      together(
        all.reservation.change(a, reservation.dispatch(state, { workers: people, ...now() })),
        ...chosen.map((n) => all.assignment.change(n, assignment.assignTask(all.assignment.at(n), task))),
      );
    },
    reopenSlot: (a: number, b: number) => {
      const state = all.reservation.at(a);
      const holders = state.phase === 'none' ? [] : [...state.dispatched.keys()];
      const assignmentId = holders[b % Math.max(1, holders.length)] ?? ids.assignment(b);
      const n = Number(assignmentId.replace('ASSIGNMENT', ''));
      const opened = openSlotOf(all.assignment.at(n), state, { assignmentId, reason: 'neverResponded', ...now() });
      together(
        all.reservation.change(a, emit(...opened.reservation)),
        all.assignment.change(n, emit(...opened.assignment)),
      );
    },

    requestPost: (a: number, b: number) => {
      if (all.protoHit.at(b % 2).phase === 'none') return;
      const order = {
        hitId: ids.hit(a),
        protoHitId: ids.protoHit(b % 2),
        fields: fields(),
        maxAssignments: 1 + (b % 2),
      };
      const recruitedFor = all.reservation.at(b).phase === 'none' ? null : ids.reservation(b);
      onHit(a, hit.requestPost(all.hit.at(a), { ...order, recruitedFor, sandbox: b % 2 === 0, ...now() }));
    },
    posted: (a: number) => {
      const answer = { marketplaceHitId: ids.marketplaceHit(a), expiresAt: clock.now + 3_600_000 };
      onHit(a, hit.recordPosted(all.hit.at(a), { ...answer, ...now() }));
    },
    postFailed: (a: number) => onHit(a, hit.recordPostFailed(all.hit.at(a), { code: 'No', message: 'no', ...now() })),
    requestExpire: (a: number) => onHit(a, hit.requestExpire(all.hit.at(a), { reason: 'notNeeded', ...now() })),
    expired: (a: number) => onHit(a, hit.recordExpired(all.hit.at(a), now())),
    expireFailed: (a: number) =>
      onHit(a, hit.recordExpireFailed(all.hit.at(a), { code: 'No', message: 'no', ...now() })),
    disposed: (a: number) => onHit(a, hit.recordDisposed(all.hit.at(a), now())),
    listed: (a: number, b: number) =>
      onHit(a, hit.recordListed(all.hit.at(a), { available: b % 2, pending: b % 3, arrivals: b % 2, ...now() })),

    /** As the command does it: the arrival, if it is one, and the ping. */
    arrive: (a: number) => {
      const posted = all.hit.at(a % 3);
      if (posted.phase === 'none' || posted.marketplaceHitId === null) return;
      const { id: hitId, marketplaceHitId, protoHitId, recruitedFor } = posted;
      const worker = { assignmentId: ids.assignment(a), workerId: ids.worker(a), hitId, marketplaceHitId };
      const decision = arrive(all.assignment.at(a), {
        ...worker,
        protoHitId,
        recruitedFor,
        isSigned: a % 2 === 0,
        ...now(),
      });
      together(all.assignment.change(a, decision), pinged(a, 'waiting'));
    },
    ping: (a: number, b: number) => append([pinged(a, PingType.options[b % 4] ?? 'waiting')]),
    respond: (a: number) =>
      together(all.assignment.change(a, assignment.respond(all.assignment.at(a), now())), pinged(a, 'working')),
    renewToken: (a: number) => {
      const state = all.assignment.at(a);
      if (state.phase !== 'none') onAssignment(a, renewToken(state, { replaces: state.generation, ...now() }));
    },
    lose: (a: number) =>
      onAssignment(a, assignment.lose(all.assignment.at(a), { lastPingAt: Math.max(0, clock.now - 30_000), ...now() })),
    release: (a: number) =>
      onAssignment(a, assignment.release(all.assignment.at(a), { reason: 'notNeeded', ...now() })),
    returned: (a: number) => onAssignment(a, outcome.markReturned(all.assignment.at(a), now())),
    abandoned: (a: number) => onAssignment(a, outcome.markAbandoned(all.assignment.at(a), now())),
    submitted: (a: number) => onAssignment(a, outcome.markSubmitted(all.assignment.at(a), now())),
    approved: (a: number) => onAssignment(a, outcome.markApproved(all.assignment.at(a), now())),
    rejected: (a: number) => onAssignment(a, outcome.markRejected(all.assignment.at(a), now())),
    askToApprove: (a: number) => onAssignment(a, review.requestApproval(all.assignment.at(a), now())),
    askToReject: (a: number, b: number) =>
      onAssignment(a, review.requestRejection(all.assignment.at(a), { feedback: `not ${b}`, ...now() })),
    reviewFailed: (a: number) =>
      onAssignment(a, review.recordReviewFailed(all.assignment.at(a), { code: 'No', message: 'no', ...now() })),
    grantBonus: (a: number, b: number) => {
      const bonus = { bonusId: ids.bonus(a * 10 + b), amountCents: 1 + b, reason: `"${b}"`, ...now() };
      onAssignment(a, review.grantBonus(all.assignment.at(a), bonus));
    },
    bonusPaid: (a: number, b: number) =>
      onAssignment(a, review.recordBonusPaid(all.assignment.at(a), { bonusId: ids.bonus(a * 10 + b), ...now() })),
    bonusFailed: (a: number, b: number) => {
      const failed = { bonusId: ids.bonus(a * 10 + b), code: 'No', message: 'no', ...now() };
      onAssignment(a, review.recordBonusFailed(all.assignment.at(a), failed));
    },
    block: (a: number, b: number) => {
      const block = { workerId: ids.worker(a), reason: 'random clicks', onMarketplace: b % 3 !== 0, ...now() };
      together(all.worker.change(a, worker.blockWorker(all.worker.at(a), block)));
    },
    unblock: (a: number) => together(all.worker.change(a, worker.unblockWorker(all.worker.at(a), now()))),
    marketplaceAnswered: (a: number) => {
      const as = all.worker.at(a).marketplace === 'unblocking' ? 'unblocked' : 'blocked';
      const answer = { as, ...now() } as const;
      together(all.worker.change(a, worker.recordMarketplaceBlock(all.worker.at(a), answer)));
    },
    marketplaceRefused: (a: number) => {
      const as = all.worker.at(a).marketplace === 'unblocking' ? 'unblocked' : 'blocked';
      const fault = { as, code: 'No', message: 'no', ...now() } as const;
      together(all.worker.change(a, worker.recordMarketplaceBlockFailed(all.worker.at(a), fault)));
    },

    putWork: (a: number, b: number) => {
      const request = { workRequestId: ids.workRequest(a), protoHitId: ids.protoHit(b % 2), foreignId: `work ${a}` };
      const made = workRequest.makeWorkRequest(all.workRequest.at(a), { ...request, payload: [b, null], ...now() });
      together(all.workRequest.change(a, made));
    },
    workDone: (a: number) =>
      together(all.workRequest.change(a, workRequest.finishWorkRequest(all.workRequest.at(a), now()))),
    reopenWork: (a: number) =>
      together(all.workRequest.change(a, workRequest.reopenWorkRequest(all.workRequest.at(a), now()))),
    issueKey: (a: number) =>
      together(
        all.apiKey.change(
          a,
          issue(all.apiKey.at(a), {
            apiKeyId: ids.apiKey(a),
            label: `key ${a}`,
            scopes: ['read'],
            protoHitId: null,
            ...now(),
          }),
        ),
      ),
    revokeKey: (a: number) => together(all.apiKey.change(a, revoke(all.apiKey.at(a), now()))),
    atTheDoor: (a: number, b: number) => {
      const types = ['OperatorSignInRefused', 'OperatorSignedIn', 'OperatorSignInThrottled'] as const;
      const type = types[(a + b) % 3] ?? 'OperatorSignedIn';
      // No read model is of who may sign in: they are there from the beginning.
      const state = { phase: 'active' } as const;
      const decision =
        b % 3 === 2
          ? operator.noteSignOut(state, now())
          : operator.noteSignIn(state, type, { from: `192.0.2.${b}`, ...now() });
      together(all.operator.change(a % 2, decision));
    },
  } satisfies Record<string, (a: number, b: number) => void>;
}
