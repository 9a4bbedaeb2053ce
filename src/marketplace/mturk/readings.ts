import type { Assignment, HIT } from '@aws-sdk/client-mturk';
import { AssignmentId, HitId, MarketplaceHitId, WorkerId } from '../../domain/ids.ts';
import type { MarketplaceAssignment, MarketplaceHit } from '../port.ts';
import { readAnswer } from './answer.ts';

const HIT_STATUS: Readonly<Record<string, MarketplaceHit['status']>> = {
  Assignable: 'open',
  Unassignable: 'taken',
  Reviewable: 'ended',
  Reviewing: 'ended',
  Disposed: 'disposed',
};

/** A HIT in the port's words; its annotation is our id if the HIT is ours. */
export function readHit(hit: HIT): MarketplaceHit {
  const ours = HitId.safeParse(hit.RequesterAnnotation);
  return {
    marketplaceHitId: MarketplaceHitId.parse(hit.HITId),
    hitId: ours.success ? ours.data : null,
    status: HIT_STATUS[hit.HITStatus ?? ''] ?? 'open',
    expiresAt: hit.Expiration?.getTime() ?? 0,
    maxAssignments: hit.MaxAssignments ?? 1,
    available: hit.NumberOfAssignmentsAvailable ?? 0,
    pending: hit.NumberOfAssignmentsPending ?? 0,
    completed: hit.NumberOfAssignmentsCompleted ?? 0,
  };
}

const ASSIGNMENT_STATUS: Readonly<Record<string, MarketplaceAssignment['status']>> = {
  Submitted: 'submitted',
  Approved: 'approved',
  Rejected: 'rejected',
};

export function readAssignment(assignment: Assignment, answerLimitBytes: number): MarketplaceAssignment {
  const { AssignmentStatus: status = '', AcceptTime, SubmitTime, ApprovalTime, RejectionTime } = assignment;
  return {
    assignmentId: AssignmentId.parse(assignment.AssignmentId),
    workerId: WorkerId.parse(assignment.WorkerId),
    marketplaceHitId: MarketplaceHitId.parse(assignment.HITId),
    status: ASSIGNMENT_STATUS[status] ?? 'submitted',
    acceptedAt: AcceptTime?.getTime(),
    submittedAt: SubmitTime?.getTime(),
    // A rejection that was taken back leaves its moment behind.
    reviewedAt: (status === 'Rejected' ? RejectionTime : ApprovalTime)?.getTime(),
    ...readAnswer(assignment.Answer, answerLimitBytes),
  };
}
