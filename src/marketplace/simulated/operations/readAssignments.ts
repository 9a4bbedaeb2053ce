import { z } from 'zod';
import { EntityId } from '../limits.ts';
import { pageAnswer, paging } from '../paging.ts';
import { noSuchAssignment, noSuchHit, type Operation, operation, requestError } from '../protocol.ts';
import { assignmentsWhere, isHandedIn, shownAssignment } from './shownAssignment.ts';

const HANDED_IN = ['Submitted', 'Approved', 'Rejected'] as const;

export const readAssignmentOperations: Readonly<Record<string, Operation>> = {
  ListAssignmentsForHIT: operation(
    z.object({ HITId: EntityId, AssignmentStatuses: z.array(z.enum(HANDED_IN)).optional(), ...paging }),
    async (call, { HITId, AssignmentStatuses: statuses = HANDED_IN, MaxResults, NextToken }) => {
      const { tx, requester } = call;
      const { rowCount } = await tx.query('select from marketplace.hits where hit_id = $1 and requester = $2', [
        HITId,
        requester,
      ]);
      if (rowCount === 0) return noSuchHit(call, HITId);
      const rows = await assignmentsWhere(
        tx,
        `a.hit_id = $1 and a.status = any($2) and (a.submitted_at, a.assignment_id) > ($3::bigint, $4::text)
         order by a.submitted_at, a.assignment_id limit $5`,
        [HITId, statuses.map((status) => status.toLowerCase()), NextToken.number, NextToken.id, MaxResults],
      );
      const answer = pageAnswer(rows, (row) => ({ number: Number(row.submitted_at), id: row.assignment_id }));
      return { output: { Assignments: rows.map(shownAssignment), ...answer } };
    },
  ),

  GetAssignment: operation(z.object({ AssignmentId: EntityId }), async (call, { AssignmentId }) => {
    const [row] = await assignmentsWhere(call.tx, 'a.assignment_id = $1 and h.requester = $2', [
      AssignmentId,
      call.requester,
    ]);
    if (row === undefined) return noSuchAssignment(call, AssignmentId);
    if (isHandedIn(row)) return { output: { Assignment: shownAssignment(row) } };
    return requestError(
      call,
      'InvalidAssignmentState',
      'This operation can be called with a status of: Reviewable,Approved,Rejected',
    );
  }),
};
