import type { AssignmentPhase } from '../../../../domain/assignment.ts';
import type { AssignmentRow } from '../../../../projections/browse/assignments.ts';

/** Phases of an assignment in the words of those who review. */
export const PHASES = [
  ['submitted', 'to review'],
  ['approved', 'approved'],
  ['rejected', 'rejected'],
  ['waiting', 'waiting'],
  ['called', 'called'],
  ['working', 'at work'],
  ['released', 'released'],
  ['lost', 'lost'],
  ['returned', 'returned'],
  ['abandoned', 'abandoned'],
] as const satisfies readonly (readonly [AssignmentPhase, string])[];

const words = new Map<string, string>(PHASES);

/** How an assignment stands, and what is on its way. */
export const PhaseTag = ({ row: { phase, asked, fault } }: { row: AssignmentRow }) => (
  <span>
    <span class={`tag ${phase}`}>{words.get(phase)}</span>{' '}
    {asked !== null && <span class="quiet">{asked} on its way</span>}
    {fault !== null && <span class="warn">the marketplace refused: {fault}</span>}
  </span>
);
