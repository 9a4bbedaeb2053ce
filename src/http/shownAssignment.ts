import { z } from '@hono/zod-openapi';
import type { Database } from '../postgres/pool.ts';
import type { AssignmentRow } from '../projections/browse/assignments.ts';
import { type GivenOut, idsShown, shownId } from './givenOutIds.ts';

const moment = z.int().nullable().openapi({ description: 'Milliseconds since 1970' });

/** An assignment as applications see it. */
export const shownAssignment = z
  .object({
    id: z.string(),
    worker: z.string(),
    signed: z.boolean().openapi({ description: 'Their page has a session; false: it asked for no token' }),
    hitID: z.string(),
    reservation: shownId.nullable(),
    state: z.string(),
    answer: z
      .array(
        z.object({
          field: z.string(),
          value: z.string(),
          cut: z.boolean().optional().openapi({ description: 'True: it was longer than is kept' }),
        }),
      )
      .nullable(),
    fieldsLeftOut: z.int().openapi({ description: 'Fields of the answer that there was no room for' }),
    reward: z.number().openapi({ description: 'US dollars' }),
    bonus: z.number().openapi({ description: 'US dollars paid on top' }),
    feedback: z.string().nullable(),
    arrivedTime: z.int(),
    acceptedTime: moment,
    submittedTime: moment,
    reviewedTime: moment,
  })
  .openapi('Assignment');

/** These assignments, with the ids that this installation gives out. */
export async function listedAssignments(
  db: Database,
  givenOut: GivenOut,
  rows: readonly AssignmentRow[],
): Promise<readonly z.output<typeof shownAssignment>[]> {
  const named = rows.flatMap(({ reservationId }) => (reservationId === null ? [] : [reservationId]));
  const shown = await idsShown(db, givenOut, named);
  return rows.map((row) => listed(row, shown));
}

const listed = (row: AssignmentRow, shown: (id: string) => string | number): z.output<typeof shownAssignment> => ({
  id: row.assignmentId,
  worker: row.workerId,
  signed: row.isSigned,
  hitID: row.marketplaceHitId,
  reservation: row.reservationId && shown(row.reservationId),
  state: row.phase,
  answer: row.answer && [...row.answer],
  fieldsLeftOut: row.fieldsLeftOut,
  reward: row.rewardCents / 100,
  bonus: row.bonusCents / 100,
  feedback: row.feedback,
  arrivedTime: row.arrivedAt,
  acceptedTime: row.acceptedAt,
  submittedTime: row.submittedAt,
  reviewedTime: row.reviewedAt,
});
