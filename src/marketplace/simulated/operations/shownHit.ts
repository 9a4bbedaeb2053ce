import type pg from 'pg';
import type { Instant } from '../../../domain/ids.ts';
import { toDollars } from '../money.ts';
import { toSeconds } from '../protocol.ts';

export type HitRow = {
  hit_id: string;
  hit_type_id: string;
  question: string;
  max_assignments: number;
  annotation: string | null;
  created_at: string;
  expires_at: string;
  reviewing: boolean;
  title: string;
  description: string;
  keywords: string;
  reward_cents: number;
  assignment_duration: number;
  auto_approval_delay: number;
  qualifications: unknown;
  available: number;
  pending: number;
  completed: number;
  status: string;
};

/** HITs as they stand. The condition's values begin at $2; `h` is the HIT. */
export async function hitsWhere(
  tx: Pick<pg.PoolClient, 'query'>,
  now: Instant,
  condition: string,
  values: readonly unknown[],
): Promise<readonly HitRow[]> {
  const { rows } = await tx.query<HitRow>(`select h.* from marketplace.hits_at($1) h where ${condition}`, [
    now,
    ...values,
  ]);
  return rows;
}

export const shownHit = (row: HitRow) => ({
  HITId: row.hit_id,
  HITTypeId: row.hit_type_id,
  HITGroupId: row.hit_type_id,
  CreationTime: toSeconds(row.created_at),
  Title: row.title,
  Description: row.description,
  Question: row.question,
  Keywords: row.keywords,
  HITStatus: row.status,
  MaxAssignments: row.max_assignments,
  Reward: toDollars(row.reward_cents),
  AutoApprovalDelayInSeconds: row.auto_approval_delay,
  Expiration: toSeconds(row.expires_at),
  AssignmentDurationInSeconds: row.assignment_duration,
  ...(row.annotation === null ? {} : { RequesterAnnotation: row.annotation }),
  QualificationRequirements: row.qualifications,
  HITReviewStatus: row.reviewing ? 'MarkedForReview' : 'NotReviewed',
  NumberOfAssignmentsPending: row.pending,
  NumberOfAssignmentsAvailable: row.available,
  // Approved or rejected: what was only handed in is in none of the three numbers.
  NumberOfAssignmentsCompleted: row.completed,
});
