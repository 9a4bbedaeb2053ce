import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { arrive } from '../../src/domain/arrival.ts';
import * as assignment from '../../src/domain/assignment.ts';
import type { DomainEvent } from '../../src/domain/event.ts';
import * as hit from '../../src/domain/hit.ts';
import * as outcome from '../../src/domain/outcome.ts';
import * as protoHit from '../../src/domain/protoHit.ts';
import * as reservation from '../../src/domain/reservation.ts';
import * as review from '../../src/domain/review.ts';
import * as session from '../../src/domain/session.ts';
import { whyUnfit } from '../../src/event-store/fitting.ts';
import { STARTED_AT as at, fields, ids } from '../support/events.ts';
import { explore, leadsTo, type Move, type Step } from '../support/explore.ts';

const person = (n: number, worker = n) => ({ assignmentId: ids.assignment(n), workerId: ids.worker(worker) });
const order = { reservationId: ids.reservation(1), protoHitId: ids.protoHit(1), foreignId: '42', payload: null };
const terms = { delaySeconds: 0, numAssignments: 2 };

/** The third waits with a second assignment of the first person's. */
const people = [person(1), person(2), person(3, 1)];
const reservationMoves: readonly Move<reservation.Reservation, reservation.ReservationEvent>[] = [
  { name: 'make', decide: (state) => reservation.make(state, { ...order, ...terms, at }) },
  { name: 'invoke', decide: (state) => reservation.invoke(state, { foreignId: undefined, at }) },
  { name: 'invoke by another name', decide: (state) => reservation.invoke(state, { foreignId: '43', at }) },
  { name: 'stop recruiting', decide: (state) => reservation.stopRecruiting(state, { timeoutMinutes: 0, at }) },
  ...[...people.map((one) => [one]), [person(1), person(2)], people].map((workers) => ({
    name: `dispatch ${workers.map(({ assignmentId }) => assignmentId)}`,
    decide: (state: reservation.Reservation) => reservation.dispatch(state, { workers, at }),
  })),
  ...people.map(({ assignmentId }) => ({
    name: `reopen the slot of ${assignmentId}`,
    decide: (state: reservation.Reservation) => reservation.reopenSlot(state, { assignmentId, reason: 'lost', at }),
  })),
  { name: 'finish', decide: (state) => reservation.finish(state, { at }) },
  { name: 'unfinish', decide: (state) => reservation.unfinish(state, { at }) },
  { name: 'cancel', decide: (state) => reservation.cancel(state, { at }) },
  { name: 'time out', decide: (state) => reservation.timeOut(state, { timeoutMinutes: 0, at }) },
];

const place = {
  hitId: ids.hit(1),
  marketplaceHitId: ids.marketplaceHit(1),
  protoHitId: ids.protoHit(1),
  isSigned: false,
};
const task = { reservationId: ids.reservation(1), foreignId: '42', at };
const assignmentMoves: readonly Move<assignment.Assignment, assignment.AssignmentEvent>[] = [
  { name: 'arrive', decide: (state) => arrive(state, { ...person(1), ...place, recruitedFor: null, at }) },
  {
    name: 'come signed',
    decide: (state) => arrive(state, { ...person(1), ...place, isSigned: true, recruitedFor: null, at }),
  },
  { name: 'renew the token', decide: (state) => session.renewToken(state, { replaces: 0, at }) },
  { name: 'call', decide: (state) => assignment.assignTask(state, task) },
  { name: 'respond', decide: (state) => assignment.respond(state, { at }) },
  { name: 'lose the slot', decide: (state) => assignment.loseSlot(state, { reservationId: ids.reservation(1), at }) },
  { name: 'too late', decide: (state) => assignment.endCall(state, { reason: 'tooLate', at }) },
  { name: 'release', decide: (state) => assignment.release(state, { reason: 'notNeeded', at }) },
  { name: 'lose', decide: (state) => assignment.lose(state, { lastPingAt: at, at }) },
  { name: 'return', decide: (state) => outcome.markReturned(state, { at }) },
  { name: 'abandon', decide: (state) => outcome.markAbandoned(state, { at }) },
  { name: 'submit', decide: (state) => outcome.markSubmitted(state, { at }) },
  { name: 'approve', decide: (state) => outcome.markApproved(state, { at }) },
  { name: 'reject', decide: (state) => outcome.markRejected(state, { at }) },
  { name: 'ask to approve', decide: (state) => review.requestApproval(state, { at }) },
  { name: 'ask to reject', decide: (state) => review.requestRejection(state, { feedback: 'Empty.', at }) },
  { name: 'review failed', decide: (state) => review.recordReviewFailed(state, { code: 'R', message: 'no', at }) },
];

const post = { hitId: ids.hit(1), protoHitId: ids.protoHit(1), recruitedFor: null, fields: fields(), sandbox: true };
const fault = { code: 'Refused', message: 'no', at };
const answer = { marketplaceHitId: ids.marketplaceHit(1), expiresAt: at, at };
const hitMoves: readonly Move<hit.Hit, hit.HitEvent>[] = [
  { name: 'request the post', decide: (state) => hit.requestPost(state, { ...post, maxAssignments: 1, at }) },
  { name: 'posted', decide: (state) => hit.recordPosted(state, answer) },
  { name: 'post failed', decide: (state) => hit.recordPostFailed(state, fault) },
  { name: 'request the end', decide: (state) => hit.requestExpire(state, { reason: 'cancelled', at }) },
  { name: 'expired', decide: (state) => hit.recordExpired(state, { at }) },
  { name: 'expire failed', decide: (state) => hit.recordExpireFailed(state, fault) },
  { name: 'disposed', decide: (state) => hit.recordDisposed(state, { at }) },
  { name: 'listed', decide: (state) => hit.recordListed(state, { available: 0, pending: 1, arrivals: 0, at }) },
];

const put = { protoHitId: ids.protoHit(1), sandbox: undefined, at };
const protoHitMoves: readonly Move<protoHit.ProtoHit, protoHit.ProtoHitEvent>[] = [
  { name: 'define', decide: (state) => protoHit.define(state, { ...put, fields: fields() }) },
  {
    name: 'revise',
    decide: (state) => protoHit.revise(state, { fields: fields({ rewardCents: 7 }), sandbox: true, at }),
  },
  { name: 'switch the sandbox', decide: (state) => protoHit.switchSandbox(state, { sandbox: false, at }) },
  { name: 'retire', decide: (state) => protoHit.retire(state, { at }) },
  { name: 'restore', decide: (state) => protoHit.restore(state, { at }) },
];

const reservations = explore(
  { initial: reservation.noReservation, evolve: reservation.evolveReservation },
  reservationMoves,
);
const assignments = explore({ initial: assignment.noAssignment, evolve: assignment.evolveAssignment }, assignmentMoves);
const hits = explore({ initial: hit.noHit, evolve: hit.evolveHit }, hitMoves);

const protoHits = explore({ initial: protoHit.noProtoHit, evolve: protoHit.evolveProtoHit }, protoHitMoves);

const document = readFileSync(new URL('../../docs/domain.md', import.meta.url), 'utf8');

/**
 * `made --> invoked: ReservationInvoked` for every arrow that docs/domain.md draws under a heading, and for every
 * event on it. An arrow from a box goes from each state in the box.
 */
function drawnUnder(heading: string): readonly string[] {
  const picture = document.split(`## ${heading}\n`)[1]?.split('```mermaid\n')[1]?.split('```')[0];
  if (picture === undefined) throw new Error(`docs/domain.md has no picture under "${heading}"`);
  const boxes = new Map<string, Set<string>>();
  const within: string[] = [];
  const arrows: { from: string; to: string; events: readonly string[] }[] = [];
  for (const line of picture.split('\n')) {
    const [, box] = /^ *state .*?(\w+) \{$/.exec(line) ?? [];
    const [, from, to, label] = /^ *(\S+) --> (\w+): (.+)$/.exec(line) ?? [];
    if (box !== undefined) within.push(box);
    else if (line.trim() === '}') within.pop();
    if (from === undefined || to === undefined || label === undefined) continue;
    for (const outer of within) boxes.set(outer, new Set([...(boxes.get(outer) ?? []), from, to]));
    arrows.push({ from: from === '[*]' ? 'none' : from, to, events: label.match(/\b[A-Z][a-z]+[A-Z]\w+/g) ?? [] });
  }
  const statesOf = (name: string): readonly string[] => {
    const inside = boxes.get(name);
    return inside === undefined ? [name] : [...inside].filter((one) => one !== '[*]').flatMap(statesOf);
  };
  const ways = arrows.flatMap(({ from, to, events }) =>
    statesOf(from).flatMap((state) => events.map((type) => `${state} --> ${to}: ${type}`)),
  );
  return [...new Set(ways)].sort();
}

function lifeCycle<State extends { readonly phase: string }, Event extends DomainEvent>(
  heading: string,
  { steps }: { readonly steps: readonly Step<State, Event>[] },
): void {
  describe(heading, () => {
    test('is as it was after a command that comes a second time', () => {
      for (const { after, move, decision } of steps) {
        if (decision.type === 'refused') continue;
        const again = move.decide(after);
        if (again.type === 'accepted') expect([after, move.name, again.events]).toEqual([after, move.name, []]);
      }
    });

    test('writes only what can be read again', () => {
      const written = steps.flatMap(({ decision }) => (decision.type === 'refused' ? [] : decision.events));
      for (const { type, data } of written) expect([type, whyUnfit(type, data)]).toEqual([type, []]);
    });

    test('goes the ways that docs/domain.md draws, and no others', () => {
      const ways = steps.flatMap(({ before, decision, after }) =>
        decision.type === 'refused'
          ? []
          : decision.events.map(({ type }) => `${before.phase} --> ${after.phase}: ${type}`),
      );
      expect([...new Set(ways)].sort()).toEqual(drawnUnder(heading));
    });
  });
}

lifeCycle('A ProtoHIT', protoHits);
lifeCycle('A reservation', reservations);
lifeCycle('An assignment', assignments);
lifeCycle('A HIT', hits);

test('whatever state a reservation is in, it never has more than it asked for, nor a person twice', () => {
  for (const state of reservations.states) {
    if (state.phase === 'none') continue;
    expect(state.dispatched.size).toBeLessThanOrEqual(state.numAssignments);
    expect(new Set(state.dispatched.values()).size).toBe(state.dispatched.size);
    expect(reservation.openSlots(state)).toBeGreaterThanOrEqual(0);
  }
});

test('no reservation is stuck: from any state all its slots can be filled, and it can be ended', () => {
  const isFull = (state: reservation.Reservation) => state.phase === 'invoked' && reservation.openSlots(state) === 0;
  const isDone = (state: reservation.Reservation) => state.phase === 'finished';
  expect(leadsTo(reservations, isFull)).toEqual(reservations.states);
  expect(leadsTo(reservations, isDone)).toEqual(reservations.states);
});

test('no worker is stuck: whatever happened to them, what they hand in can be paid', () => {
  expect(leadsTo(assignments, ({ phase }) => phase === 'approved')).toEqual(assignments.states);
});

test('a task, once given, is never changed, and once begun never taken', () => {
  for (const { before, after } of assignments.steps) {
    if (before.phase === 'none' || !before.task || after.phase === 'none') continue;
    expect(after.task).toMatchObject({ reservationId: before.task.reservationId, foreignId: before.task.foreignId });
    if (before.task.hasBegun) expect(after).toMatchObject({ released: before.released, task: { hasBegun: true } });
  }
});

test('who was released is never called', () => {
  const isReleased = (state: assignment.Assignment) => state.phase !== 'none' && state.released !== null;
  for (const { before, after } of assignments.steps)
    if (isReleased(before)) expect(['waiting', 'called', 'working']).not.toContain(after.phase);
});

test('no HIT is stuck: from any state a way leads off the market', () => {
  const isOff = ({ phase }: hit.Hit) => phase === 'expired' || phase === 'disposed' || phase === 'postFailed';
  expect(leadsTo(hits, isOff)).toEqual(hits.states);
});

test('a HIT that was asked to leave stays asked, unless the marketplace refuses', () => {
  const isLeaving = (state: hit.Hit) =>
    state.phase === 'expiring' || (state.phase !== 'none' && state.expireWhenPosted);
  for (const { before, move, after } of hits.steps)
    if (isLeaving(before) && move.name !== 'expire failed')
      expect(isLeaving(after) || after.phase === 'expired' || after.phase === 'disposed').toBe(true);
});

test('a HIT that was on the market is known by the marketplace’s id for ever', () => {
  for (const { before, after } of hits.steps)
    if (before.phase !== 'none' && before.marketplaceHitId && after.phase !== 'none')
      expect(after.marketplaceHitId).toBe(before.marketplaceHitId);
});
