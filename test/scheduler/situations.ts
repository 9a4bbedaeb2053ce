import fc from 'fast-check';
import { HitId, ProtoHitId, ReservationId } from '../../src/domain/ids.ts';
import type { Demand, OpenHit, RecruitedReservation, Supply } from '../../src/scheduler/plan.ts';

const uuid = (kind: number, n: number): string =>
  `00000000-0000-7000-8${String(kind).padStart(3, '0')}-${String(n).padStart(12, '0')}`;

export const protoHit = (n: number): ProtoHitId => ProtoHitId.parse(uuid(1, n));
export const reservation = (n: number): ReservationId => ReservationId.parse(uuid(2, n));
export const hit = (n: number): HitId => HitId.parse(uuid(3, n));

export const MINUTE = 60_000;
export const NOW = 1_800_000_000_000;

/** Reservation `n` of ProtoHIT 1, which asks for three workers and has none. */
export const demand = (n: number, changes: Partial<RecruitedReservation> = {}): RecruitedReservation => ({
  reservationId: reservation(n),
  protoHitId: protoHit(1),
  expectedAt: NOW,
  invokedAt: null,
  asked: 3,
  dispatched: 0,
  maxAssignments: 1,
  ...changes,
});

/** HIT `n` of ProtoHIT 1, on the market for a minute, with one place that nobody has taken. */
export const openHit = (n: number, changes: Partial<OpenHit> = {}): OpenHit => ({
  hitId: hit(n),
  protoHitId: protoHit(1),
  recruitedFor: reservation(1),
  requestedAt: NOW - MINUTE,
  expireRequestedAt: null,
  maxAssignments: 1,
  arrivals: 0,
  listedAvailable: null,
  listedArrivals: null,
  listedAt: null,
  ...changes,
});

export const hits = (count: number, changes: Partial<OpenHit> = {}): readonly OpenHit[] =>
  Array.from({ length: count }, (_, n) => openHit(n + 1, changes));

export const noSupply: Supply = { waiting: [], hits: [], failures: [] };

export const waiting = (count: number, recruitedFor: ReservationId | null = null) => ({
  protoHitId: protoHit(1),
  recruitedFor: recruitedFor === null ? [] : [recruitedFor],
  holds: [],
  waiting: count,
});

const smallest = (n: number) => fc.integer({ min: 1, max: n });

const anyReservation = fc
  .record({
    n: smallest(9),
    proto: smallest(3),
    asked: smallest(50),
    dispatched: fc.nat(50),
    inMs: fc.integer({ min: -MINUTE, max: MINUTE }),
  })
  .map(({ n, proto, asked, dispatched, inMs }) =>
    demand(n, {
      protoHitId: protoHit(proto),
      asked,
      dispatched: Math.min(asked, dispatched),
      expectedAt: NOW + inMs,
      maxAssignments: proto,
    }),
  );

const anyHit = fc
  .record({
    n: smallest(200),
    proto: smallest(3),
    forReservation: fc.option(smallest(9)),
    maxAssignments: smallest(3),
    arrivals: fc.nat(3),
    listedAvailable: fc.option(fc.nat(3)),
    listedArrivals: fc.nat(3),
    askedMinutesAgo: fc.option(fc.nat(30)),
  })
  .map(({ n, proto, forReservation, maxAssignments, arrivals, listedAvailable, listedArrivals, askedMinutesAgo }) =>
    openHit(n, {
      ...(listedAvailable === null
        ? {}
        : { listedAvailable: Math.min(listedAvailable, maxAssignments), listedArrivals, listedAt: NOW - MINUTE }),
      protoHitId: protoHit(proto),
      recruitedFor: forReservation === null ? null : reservation(forReservation),
      maxAssignments,
      arrivals,
      expireRequestedAt: askedMinutesAgo === null ? null : NOW - askedMinutesAgo * MINUTE,
    }),
  );

/** Any demand of up to nine reservations of three ProtoHITs, with any supply. */
export const anyDemand: fc.Arbitrary<Demand> = fc.uniqueArray(anyReservation, {
  selector: ({ reservationId }) => reservationId,
  maxLength: 9,
});

export const anySupply: fc.Arbitrary<Supply> = fc.record({
  waiting: fc.array(
    fc
      .record({
        proto: smallest(3),
        recruitedFor: fc.uniqueArray(smallest(9), { maxLength: 2 }),
        holds: fc.uniqueArray(smallest(9), { maxLength: 2 }),
        count: fc.nat(30),
      })
      .map(({ proto, recruitedFor, holds, count }) => ({
        protoHitId: protoHit(proto),
        recruitedFor: recruitedFor.map(reservation),
        holds: holds.map(reservation),
        waiting: count,
      })),
    { maxLength: 10 },
  ),
  hits: fc.uniqueArray(anyHit, { selector: ({ hitId }) => hitId, maxLength: 80 }),
  failures: fc.uniqueArray(
    fc
      .record({ proto: smallest(3), first: fc.nat(120), forMinutes: fc.nat(60) })
      .map(({ proto, first, forMinutes }) => ({
        protoHitId: protoHit(proto),
        firstAt: NOW - (first + forMinutes) * MINUTE,
        lastAt: NOW - first * MINUTE,
      })),
    { selector: ({ protoHitId }) => protoHitId, maxLength: 3 },
  ),
});
