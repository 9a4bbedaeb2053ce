import { PREVIEW_ASSIGNMENT } from '../../domain/ids.ts';
import { type Question, readQuestion } from './question.ts';

export type Visit = { readonly hitId: string; readonly workerId?: string; readonly assignmentId?: string };

/** The landing page that a stored question names. */
export function landingPage(question: string): Question {
  const read = readQuestion(question, { allowHttp: true });
  if (typeof read === 'string') throw new Error(`a HIT was stored with a question that cannot be read: ${read}`);
  return read;
}

/**
 * The landing page's address with who comes for what, as Mechanical Turk appends it: what was there is kept. In a
 * preview there is neither an assignment nor a worker.
 */
export function frameUrl(page: string, { hitId, workerId, assignmentId }: Visit, submitTo: string): string {
  const [, address = '', fragment = ''] = /^([^#]*)(#.*)?$/s.exec(page) ?? [];
  const visit = new URLSearchParams({ assignmentId: assignmentId ?? PREVIEW_ASSIGNMENT, hitId });
  if (workerId !== undefined && assignmentId !== undefined) {
    visit.set('workerId', workerId);
    visit.set('turkSubmitTo', submitTo);
  }
  return `${address}${address.includes('?') ? '&' : '?'}${visit}${fragment}`;
}
