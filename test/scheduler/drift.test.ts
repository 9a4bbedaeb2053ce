import { describe, expect, test } from 'vitest';
import { AssignmentId, MarketplaceHitId } from '../../src/domain/ids.ts';
import type { MarketplaceHit } from '../../src/marketplace/port.ts';
import {
  gone,
  hasUnknownWork,
  hitDrift,
  isDisposable,
  type OurAssignment,
  type OurHit,
} from '../../src/scheduler/drift.ts';
import { hit, MINUTE, NOW } from './situations.ts';

const HOUR = 60 * MINUTE;
const onMarket = MarketplaceHitId.parse('3HIT');

const listed = (changes: Partial<MarketplaceHit> = {}): MarketplaceHit => ({
  marketplaceHitId: onMarket,
  hitId: hit(1),
  status: 'open',
  expiresAt: NOW + HOUR,
  maxAssignments: 1,
  available: 1,
  pending: 0,
  completed: 0,
  ...changes,
});
const ours = (changes: Partial<OurHit> = {}): OurHit => ({
  phase: 'posted',
  marketplaceHitId: onMarket,
  requestedAt: NOW - HOUR,
  expireRequestedAt: null,
  leftAt: null,
  ...changes,
});
const assignment = (phase: OurAssignment['phase'], changes: Partial<OurAssignment> = {}): OurAssignment => ({
  assignmentId: AssignmentId.parse('3ASSIGNMENT'),
  phase,
  arrivedAt: NOW - 5 * MINUTE,
  waitingSince: NOW - 5 * MINUTE,
  ...changes,
});
const aDay = { disposeAfterHours: 24 };
const tenMinutes = { assignmentDurationSeconds: 600 };

describe('a HIT on the market and in our log', () => {
  test('the same in both is no drift', () => expect(hitDrift(listed(), ours(), NOW)).toBeNull());

  test.each(['requested', 'postFailed'] as const)('was posted though our log says %s', (phase) =>
    expect(hitDrift(listed(), ours({ phase, marketplaceHitId: null }), NOW)).toBe('postUnknown'),
  );

  test.each(['posted', 'expiring'] as const)('has ended though our log says %s', (phase) =>
    expect(hitDrift(listed({ status: 'ended' }), ours({ phase }), NOW)).toBe('endUnknown'),
  );

  test('is offered though our log has it as expired', () =>
    expect(hitDrift(listed(), ours({ phase: 'expired' }), NOW)).toBe('stillOffered'));

  test('that has expired with workers on it is no longer offered', () =>
    expect(hitDrift(listed({ status: 'taken', expiresAt: NOW - 1 }), ours({ phase: 'expired' }), NOW)).toBeNull());

  test('of which every assignment is taken may become free again: it has not ended', () =>
    expect(hitDrift(listed({ status: 'taken', available: 0, pending: 1 }), ours(), NOW)).toBeNull());

  test('is a second one for the same decision', () =>
    expect(hitDrift(listed({ marketplaceHitId: MarketplaceHitId.parse('3SECOND') }), ours(), NOW)).toBe('duplicate'));
});

describe('work of which we do not know', () => {
  test('shows in the counters, though "completed" stays 0 until it is reviewed', () =>
    expect(hasUnknownWork(listed({ available: 0 }), [assignment('working')])).toBe(true));

  test('was reviewed by the marketplace itself', () =>
    expect(hasUnknownWork(listed({ available: 0, completed: 1 }), [assignment('submitted')])).toBe(true));

  test('is not there while the worker holds the assignment', () =>
    expect(hasUnknownWork(listed({ available: 0, pending: 1 }), [assignment('working')])).toBe(false));

  test('is not there once all is known', () =>
    expect(hasUnknownWork(listed({ available: 0, completed: 1 }), [assignment('approved')])).toBe(false));
});

// TurkServer #85: a returned HIT stays unknown, "the best we can do without getting explicit notifications from MTurk".
describe('assignments that nobody holds any more', () => {
  const { assignmentId } = assignment('lost');

  test.each(['lost', 'working', 'released'] as const)('a worker who is %s and holds nothing has returned it', (phase) =>
    expect(gone(listed(), [assignment(phase)], tenMinutes, NOW)).toEqual([{ assignmentId, as: 'returned' }]),
  );

  test('after its time has run out it was abandoned', () =>
    expect(gone(listed(), [assignment('lost', { arrivedAt: NOW - 10 * MINUTE })], tenMinutes, NOW)).toEqual([
      { assignmentId, as: 'abandoned' },
    ]));

  test.each(['waiting', 'called'] as const)('who is %s still pings, and is believed until the time is up', (phase) => {
    expect(gone(listed(), [assignment(phase)], tenMinutes, NOW)).toEqual([]);
    expect(gone(listed(), [assignment(phase, { arrivedAt: NOW - 10 * MINUTE })], tenMinutes, NOW)).toHaveLength(1);
  });

  test('the counters lag behind an accept: nobody is given up in their first two minutes', () =>
    expect(gone(listed(), [assignment('lost', { waitingSince: NOW - MINUTE })], tenMinutes, NOW)).toEqual([]));

  test('who still holds it is not gone', () =>
    expect(gone(listed({ available: 0, pending: 1 }), [assignment('lost')], tenMinutes, NOW)).toEqual([]));

  test('who handed in is not gone', () =>
    expect(gone(listed({ available: 0 }), [assignment('submitted')], tenMinutes, NOW)).toEqual([]));

  test('who came after somebody to the only place has it, and the one before them is gone', () => {
    const before = assignment('working', { arrivedAt: NOW - 9 * MINUTE, waitingSince: NOW - 9 * MINUTE });
    const after = assignment('working', { assignmentId: AssignmentId.parse('3OTHER') });
    const taken = listed({ status: 'taken', available: 0, pending: 1 });
    expect(gone(taken, [before, after], tenMinutes, NOW)).toEqual([
      { assignmentId: before.assignmentId, as: 'returned' },
    ]);
    expect(gone(taken, [after], tenMinutes, NOW)).toEqual([]);
  });

  test('where the counters leave open which of several it was, nobody is given up', () => {
    const two = [assignment('lost'), assignment('lost', { assignmentId: AssignmentId.parse('3OTHER') })];
    expect(gone(listed({ maxAssignments: 2, available: 1, pending: 1 }), two, tenMinutes, NOW)).toEqual([]);
    expect(gone(listed({ maxAssignments: 2, available: 2 }), two, tenMinutes, NOW)).toHaveLength(2);
  });
});

describe('a HIT that the marketplace may forget', () => {
  const ended = (changes: Partial<MarketplaceHit> = {}) =>
    listed({ status: 'ended', expiresAt: NOW - HOUR, ...changes });
  const expired = ours({ phase: 'expired', requestedAt: NOW - 48 * HOUR });

  test('an hour after its end if nobody took it', () => {
    expect(isDisposable(ended(), expired, [], aDay, NOW)).toBe(true);
    expect(isDisposable(ended({ expiresAt: NOW - HOUR + 1 }), expired, [], aDay, NOW)).toBe(false);
  });

  test('a day after its end if all work on it is reviewed', () => {
    const worked = { available: 0, completed: 1, expiresAt: NOW - 24 * HOUR };
    expect(isDisposable(ended(worked), expired, [assignment('approved')], aDay, NOW)).toBe(true);
    expect(
      isDisposable(ended({ ...worked, expiresAt: NOW - 23 * HOUR }), expired, [assignment('approved')], aDay, NOW),
    ).toBe(false);
  });

  test('sooner if the operator says so', () => {
    const worked = ended({ available: 0, completed: 1 });
    expect(isDisposable(worked, expired, [assignment('approved')], { disposeAfterHours: 1 }, NOW)).toBe(true);
    expect(isDisposable(ended({ expiresAt: NOW }), expired, [], { disposeAfterHours: 0 }, NOW)).toBe(true);
  });

  test('not while work waits for review, whatever its age', () => {
    const unreviewed = ended({ available: 0, completed: 0, expiresAt: NOW - 90 * 24 * HOUR });
    expect(isDisposable(unreviewed, expired, [assignment('submitted')], aDay, NOW)).toBe(false);
  });

  test('not while someone holds an assignment of it', () => {
    const old = ended({ expiresAt: NOW - 90 * 24 * HOUR });
    expect(isDisposable({ ...old, available: 0, pending: 1 }, expired, [], aDay, NOW)).toBe(false);
    expect(isDisposable(old, expired, [assignment('working')], aDay, NOW)).toBe(false);
  });

  test('not before our log knows that it ended', () =>
    expect(isDisposable(ended({ expiresAt: NOW - 48 * HOUR }), ours(), [], aDay, NOW)).toBe(false));

  test('a day also if someone held it and gave it back', () =>
    expect(isDisposable(ended({ expiresAt: NOW - 2 * HOUR }), expired, [assignment('returned')], aDay, NOW)).toBe(
      false,
    ));

  test('counted from its posting at the earliest', () =>
    expect(
      isDisposable(ended({ expiresAt: 0 }), ours({ phase: 'expired', requestedAt: NOW - MINUTE }), [], aDay, NOW),
    ).toBe(false));

  test('counted from the decision to expire it, should the marketplace date its end long ago', () => {
    const justExpired = ours({ phase: 'expired', expireRequestedAt: NOW - MINUTE });
    expect(isDisposable(ended({ expiresAt: 0 }), justExpired, [], aDay, NOW)).toBe(false);
  });
});
