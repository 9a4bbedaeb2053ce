import { expect, test } from 'vitest';
import { match, type OpenReservation } from '../../src/domain/matching.ts';
import type { WaitingWorker } from '../../src/domain/presence.ts';
import { ids, STARTED_AT as NOW } from '../support/events.ts';

const reservation = (n: number, changes: Partial<OpenReservation> = {}): OpenReservation => ({
  reservationId: ids.reservation(n),
  invokedAt: NOW + n,
  openSlots: 1,
  holders: new Set(),
  ...changes,
});
const waiting = (n: number, changes: Partial<WaitingWorker> = {}): WaitingWorker => ({
  assignmentId: ids.assignment(n),
  workerId: ids.worker(n),
  protoHitId: ids.protoHit(1),
  recruitedFor: null,
  waitingSince: NOW - 1_000 + n,
  lastPingAt: NOW,
  ...changes,
});
const sent = (reservations: readonly OpenReservation[], workers: readonly WaitingWorker[]) =>
  match(reservations, workers, NOW).map((one) => [one.reservationId, one.workers.map(({ workerId }) => workerId)]);

test('the longest-waiting are sent first, as many as there are slots', () => {
  expect(sent([reservation(1, { openSlots: 2 })], [waiting(3), waiting(1), waiting(2)])).toEqual([
    [ids.reservation(1), [ids.worker(1), ids.worker(2)]],
  ]);
});

test('those recruited for the reservation go before those who waited longer', () => {
  const recruited = waiting(9, { recruitedFor: ids.reservation(1) });
  expect(sent([reservation(1)], [waiting(1), recruited])).toEqual([[ids.reservation(1), [ids.worker(9)]]]);
});

test('whoever recruited a worker, the oldest invoked reservation is served first', () => {
  const recruited = waiting(1, { recruitedFor: ids.reservation(2) });
  expect(sent([reservation(2), reservation(1)], [recruited])).toEqual([[ids.reservation(1), [ids.worker(1)]]]);
});

test('who missed a beat is called only when nobody else waits', () => {
  const suspect = waiting(1, { lastPingAt: NOW - 6_000, recruitedFor: ids.reservation(1) });
  expect(sent([reservation(1)], [suspect, waiting(2)])).toEqual([[ids.reservation(1), [ids.worker(2)]]]);
  expect(sent([reservation(1)], [suspect])).toEqual([[ids.reservation(1), [ids.worker(1)]]]);
});

test('a person gets one slot, with however many assignments they wait', () => {
  const twice = waiting(2, { workerId: ids.worker(1) });
  expect(sent([reservation(1, { openSlots: 2 })], [waiting(1), twice])).toEqual([
    [ids.reservation(1), [ids.worker(1)]],
  ]);
  const holders = new Set([ids.worker(1)]);
  expect(sent([reservation(1, { holders })], [waiting(1)])).toEqual([]);
});

test('nobody is sent where nobody waits or nothing is open', () => {
  expect(sent([reservation(1)], [])).toEqual([]);
  expect(sent([], [waiting(1)])).toEqual([]);
  expect(sent([reservation(1, { openSlots: 0 })], [waiting(1)])).toEqual([]);
});
