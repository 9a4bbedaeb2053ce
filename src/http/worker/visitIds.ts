import type { z } from 'zod';
import { AssignmentId, MarketplaceHitId, PREVIEW_ASSIGNMENT, WorkerId } from '../../domain/ids.ts';
import { shown } from '../soundness.ts';

type Read<Value> =
  | { readonly type: 'read'; readonly value: Value }
  | { readonly type: 'wrong'; readonly message: string };

export type VisitIds = {
  readonly workerId: WorkerId;
  readonly assignmentId: AssignmentId;
  readonly marketplaceHitId: MarketplaceHitId;
};

const SHAPE = '1 to 64 letters, digits, or _ . : -';
/** What templates put around a name that is to be replaced: `{{name}}` and `${name}`. */
const PLACEHOLDER = /\{\{.*\}\}|\$\{.*\}/s;

/** Returns the assignment id that a path names, without blanks around it, or what is wrong with it. */
export function readAssignmentId(text: string): Read<AssignmentId> {
  const read = readId(AssignmentId, 'assignment id', text);
  if (read.type === 'read' && read.value === PREVIEW_ASSIGNMENT)
    return wrong(`the assignment id is ${PREVIEW_ASSIGNMENT}: this is a preview, and the HIT is not accepted yet`);
  return read;
}

/** Returns who visits for what, as a ping's path names them, or what is wrong with the first id that is none. */
export function readVisitIds(texts: { worker_id: string; assignment_id: string; hit_id: string }): Read<VisitIds> {
  const workerId = readId(WorkerId, 'worker id', texts.worker_id);
  if (workerId.type === 'wrong') return workerId;
  const assignmentId = readAssignmentId(texts.assignment_id);
  if (assignmentId.type === 'wrong') return assignmentId;
  const marketplaceHitId = readId(MarketplaceHitId, 'HIT id', texts.hit_id);
  if (marketplaceHitId.type === 'wrong') return marketplaceHitId;
  const value = {
    workerId: workerId.value,
    assignmentId: assignmentId.value,
    marketplaceHitId: marketplaceHitId.value,
  };
  return { type: 'read', value };
}

function readId<Schema extends z.ZodType>(schema: Schema, name: string, text: string): Read<z.output<Schema>> {
  const trimmed = text.trim();
  const id = schema.safeParse(trimmed);
  if (id.success) return { type: 'read', value: id.data };
  if (trimmed === '') return wrong(`the ${name} is empty; it must be ${SHAPE}`);
  if (PLACEHOLDER.test(trimmed))
    return wrong(`the ${name} is ${shown(text)}: this is a placeholder that nobody filled in; it must be ${SHAPE}`);
  return wrong(`the ${name} must be ${SHAPE}, got ${shown(text)}`);
}

const wrong = (message: string): { type: 'wrong'; message: string } => ({
  type: 'wrong',
  message: `Bad assignment: ${message}`,
});
