import {
  GetHITCommand,
  type HIT,
  ListBonusPaymentsCommand,
  ListHITsCommand,
  type MTurkClient,
} from '@aws-sdk/client-mturk';
import type { HitId, Instant } from '../../domain/ids.ts';
import type { BonusPayment } from '../port.ts';
import { codeOf } from './faults.ts';
import { dollars } from './hitRequest.ts';
import { pagesOf } from './listing.ts';

const MaxResults = 100;

/**
 * MTurk knows a `UniqueRequestToken` again for 24 hours. Of something decided longer ago the token no longer tells whether
 * it was done before: then the marketplace's lists are asked first.
 */
const TOKEN_LIFE_MS = 23 * 3_600_000;

export const isTokenOld = (decidedAt: Instant, now: Instant): boolean => now >= decidedAt + TOKEN_LIFE_MS;

export async function* hitPages(client: MTurkClient): AsyncGenerator<readonly HIT[]> {
  const pages = pagesOf(
    (place) => client.send(new ListHITsCommand({ MaxResults, ...place })),
    ({ HITs = [] }) => HITs.length,
  );
  for await (const { HITs = [] } of pages) yield HITs;
}

/** Returns the HIT that carries our id. */
export async function hitOfOurs(client: MTurkClient, hitId: HitId): Promise<HIT | undefined> {
  for await (const page of hitPages(client)) {
    const found = page.find(({ RequesterAnnotation }) => RequesterAnnotation === hitId);
    if (found) return found;
  }
  return undefined;
}

/** Returns the HIT that a token was used for: named only in the refusal's text, else found by our annotation. */
export async function findPosted(client: MTurkClient, hitId: HitId, refusal: unknown): Promise<HIT | undefined> {
  const HITId = /\b[A-Z0-9]{20,64}\b/.exec(refusal instanceof Error ? refusal.message : '')?.[0];
  if (HITId !== undefined) {
    const named = await client.send(new GetHITCommand({ HITId })).catch((error: unknown) => {
      if (codeOf(error) === 'HITDoesNotExist') return null;
      throw error;
    });
    if (named?.HIT?.RequesterAnnotation === hitId) return named.HIT;
  }
  return hitOfOurs(client, hitId);
}

/** Whether the marketplace has paid more bonuses like this one than the log knows to be paid. */
export async function wasPaid(
  client: MTurkClient,
  { assignmentId: AssignmentId, workerId, cents, reason, paidAlike }: BonusPayment,
): Promise<boolean> {
  const pages = pagesOf(
    (place) => client.send(new ListBonusPaymentsCommand({ AssignmentId, MaxResults, ...place })),
    ({ BonusPayments = [] }) => BonusPayments.length,
  );
  let alike = 0;
  for await (const { BonusPayments = [] } of pages)
    alike += BonusPayments.filter(
      ({ WorkerId, BonusAmount, Reason }) =>
        WorkerId === workerId && Number(BonusAmount) === Number(dollars(cents)) && Reason === reason,
    ).length;
  return alike > paidAlike;
}
