import { describe, test } from 'vitest';
import { type Assignment, type AssignmentEvent, evolveAssignment, noAssignment } from '../../src/domain/assignment.ts';
import { markApproved } from '../../src/domain/outcome.ts';
import {
  grantBonus,
  recordBonusFailed,
  recordBonusPaid,
  recordReviewFailed,
  requestApproval,
  requestRejection,
} from '../../src/domain/review.ts';
import { ids, STARTED_AT as NOW } from '../support/events.ts';
import { specificationOf } from '../support/given.ts';

const given = specificationOf<Assignment, AssignmentEvent>({ initial: noAssignment, evolve: evolveAssignment });

const at = NOW + 5_000;
const fault = { code: 'InvalidAssignmentState', message: 'it is approved already', at };
const arrived: AssignmentEvent = {
  type: 'WorkerArrived',
  data: {
    ...{
      assignmentId: ids.assignment(1),
      workerId: ids.worker(1),
      hitId: ids.hit(1),
      recruitedFor: null,
      isSigned: false,
      at: NOW,
    },
    ...{ marketplaceHitId: ids.marketplaceHit(1), protoHitId: ids.protoHit(1) },
  },
};
const submitted: AssignmentEvent = { type: 'AssignmentSubmitted', data: { at } };
const approved: AssignmentEvent = { type: 'AssignmentApproved', data: { at } };
const rejected: AssignmentEvent = { type: 'AssignmentRejected', data: { at } };
const toApprove: AssignmentEvent = { type: 'ApprovalRequested', data: { overridesRejection: false, at } };
const rejection = { feedback: 'The form was empty.', at };
const toReject: AssignmentEvent = { type: 'RejectionRequested', data: rejection };
const failed: AssignmentEvent = { type: 'ReviewFailed', data: fault };

describe('approving', () => {
  test('is a decision first', () => given(arrived, submitted).when(requestApproval, { at }).thenEmits(toApprove));
  test('twice is once, before and after it is carried out', () => {
    given(arrived, submitted, toApprove).when(requestApproval, { at }).thenNothing();
    given(arrived, submitted, toApprove, approved).when(requestApproval, { at }).thenNothing();
  });
  test('takes a rejection back', () =>
    given(arrived, submitted, rejected)
      .when(requestApproval, { at })
      .thenEmits({ type: 'ApprovalRequested', data: { overridesRejection: true, at } }));
  test('waits until a rejection that is on its way has an outcome', () =>
    given(arrived, submitted, toReject)
      .when(requestApproval, { at })
      .thenRefused('conflict', /a rejection is on its way/));
  test('is refused for work that was not handed in', () =>
    given(arrived)
      .when(requestApproval, { at })
      .thenRefused('conflict', /not handed in.*waiting/));
  test('is refused for an assignment nobody has heard of', () =>
    given()
      .when(requestApproval, { at })
      .thenRefused('notFound', /Assignment.DoesNotExist/));
  test('may be decided again once the marketplace has refused it', () =>
    given(arrived, submitted, toApprove, failed).when(requestApproval, { at }).thenEmits(toApprove));
});

describe('rejecting', () => {
  test('is a decision first, with what the worker is told', () =>
    given(arrived, submitted).when(requestRejection, rejection).thenEmits(toReject));
  test('twice is once', () => {
    given(arrived, submitted, toReject).when(requestRejection, rejection).thenNothing();
    given(arrived, submitted, toReject, rejected).when(requestRejection, rejection).thenNothing();
  });
  test('with other words than the worker reads is refused: nobody is told that it is done', () => {
    const other = { ...rejection, feedback: 'Too short.' };
    given(arrived, submitted, toReject)
      .when(requestRejection, other)
      .thenRefused('conflict', /other words/);
    given(arrived, submitted, toReject, rejected)
      .when(requestRejection, other)
      .thenRefused('conflict', /other words/);
    // The marketplace's own rejection says nothing of words.
    given(arrived, submitted, rejected).when(requestRejection, other).thenNothing();
  });
  test('is refused once the worker is paid', () =>
    given(arrived, submitted, approved)
      .when(requestRejection, rejection)
      .thenRefused('conflict', /paid for/));
  test('that loses against auto-approval leaves the work approved', () =>
    given(arrived, submitted, toReject, failed)
      .when(markApproved, { at })
      .thenState({ phase: 'approved', review: { asked: null } }));
});

describe('a refusal of the marketplace', () => {
  test('ends the decision and leaves the work as it was', () =>
    given(arrived, submitted, toReject)
      .when(recordReviewFailed, fault)
      .thenState({ phase: 'submitted', review: { asked: null } }));
  test('of a decision that has an outcome is nothing', () =>
    given(arrived, submitted, toApprove, approved).when(recordReviewFailed, fault).thenNothing());
});

describe('a bonus', () => {
  const bonus = { bonusId: ids.bonus(1), amountCents: 3, reason: 'Quick and right.', at };
  const granted: AssignmentEvent = { type: 'BonusGranted', data: bonus };
  const paid: AssignmentEvent = { type: 'BonusPaid', data: { bonusId: ids.bonus(1), at } };

  test.each([
    ['submitted', submitted],
    ['approved', approved],
    ['rejected', rejected],
  ])('may be granted for work that is %s', (_, event) =>
    given(arrived, event).when(grantBonus, bonus).thenEmits(granted),
  );
  test('is refused before the work is handed in, as the marketplace would', () =>
    given(arrived)
      .when(grantBonus, bonus)
      .thenRefused('conflict', /not handed in/));
  test('with the same id is the same bonus, whatever became of it', () => {
    given(arrived, submitted, granted).when(grantBonus, bonus).thenNothing();
    given(arrived, submitted, granted, paid).when(grantBonus, bonus).thenNothing();
  });
  test('with another id is another one', () =>
    given(arrived, submitted, granted, paid)
      .when(grantBonus, { ...bonus, bonusId: ids.bonus(2) })
      .thenEmits({ type: 'BonusGranted', data: { ...bonus, bonusId: ids.bonus(2) } }));
  test('is paid once', () => {
    given(arrived, submitted, granted)
      .when(recordBonusPaid, { bonusId: ids.bonus(1), at })
      .thenEmits(paid);
    given(arrived, submitted, granted, paid)
      .when(recordBonusPaid, { bonusId: ids.bonus(1), at })
      .thenNothing();
  });
  test('that was never granted is not paid', () =>
    given(arrived, submitted)
      .when(recordBonusPaid, { bonusId: ids.bonus(1), at })
      .thenNothing());
  test('may be refused by the marketplace, and then is not paid any more', () => {
    const refused: AssignmentEvent = { type: 'BonusFailed', data: { bonusId: ids.bonus(1), ...fault } };
    given(arrived, submitted, granted)
      .when(recordBonusFailed, { bonusId: ids.bonus(1), ...fault })
      .thenEmits(refused);
    given(arrived, submitted, granted, refused)
      .when(recordBonusPaid, { bonusId: ids.bonus(1), at })
      .thenNothing();
  });
});
