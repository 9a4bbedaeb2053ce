import type { Operation } from '../protocol.ts';
import { blockOperations } from './blocks.ts';
import { bonusOperations } from './bonus.ts';
import { createHitOperations } from './createHit.ts';
import { endHitOperations } from './endHit.ts';
import { hitTypeOperations } from './hitTypes.ts';
import { readAssignmentOperations } from './readAssignments.ts';
import { readHitOperations } from './readHits.ts';
import { requesterOperations } from './requester.ts';
import { reviewOperations } from './review.ts';

/** By the names that the protocol gives them. */
export const operations: Readonly<Record<string, Operation>> = {
  ...hitTypeOperations,
  ...createHitOperations,
  ...readHitOperations,
  ...endHitOperations,
  ...readAssignmentOperations,
  ...reviewOperations,
  ...bonusOperations,
  ...blockOperations,
  ...requesterOperations,
};
