import type { Instant } from '../domain/ids.ts';
import type { RecordedEvent } from '../event-store/port.ts';
import { dollars } from './inWords.ts';
import { momentInWords } from './moment.ts';
import type { Person } from './person.ts';

/** What a HIT promised: by its id. */
export type Offers = ReadonlyMap<string, { readonly rewardCents: number; readonly autoApprovalDelaySeconds: number }>;

export const offersIn = (events: readonly RecordedEvent[]): Offers =>
  new Map(
    events.flatMap((event) => (event.type === 'HitPostRequested' ? [[event.data.hitId, event.data.fields]] : [])),
  );

/** Was this worker paid? If not, why not? The last thing that the marketplace said decides. */
export function whyPaidOrNot({ events, hitId }: Person, offers: Offers): string {
  const offer = hitId === null ? undefined : offers.get(hitId);
  const last = (type: RecordedEvent['type']): Instant | null =>
    events.findLast((event) => event.type === type)?.data.at ?? null;
  const bonusCents = bonusPaid(events);
  const bonus = bonusCents === 0 ? '' : ` + bonus ${dollars(bonusCents)}`;
  const approvedAt = last('AssignmentApproved');
  if (approvedAt !== null)
    return `Paid${offer === undefined ? '' : ` ${dollars(offer.rewardCents)}`}${bonus}: approved at ${momentInWords(approvedAt)}.`;
  const rejectedAt = last('AssignmentRejected');
  if (rejectedAt !== null)
    return `Not paid${bonus === '' ? '' : ` but for a${bonus.slice(2)}`}: the requester rejected the work; reported at ${momentInWords(rejectedAt)}.`;
  const submittedAt = last('AssignmentSubmitted');
  if (submittedAt !== null)
    return `Not paid yet: submitted at ${momentInWords(submittedAt)}; ${reviewBy(submittedAt, offer)}.`;
  const end = events.findLast(({ type }) => type === 'AssignmentReturned' || type === 'AssignmentAbandoned');
  if (end?.type === 'AssignmentReturned')
    return `Not paid: never submitted. The worker gave the assignment back, reported at ${momentInWords(end.data.at)}.`;
  if (end?.type === 'AssignmentAbandoned')
    return `Not paid: never submitted. The assignment's time ran out, reported at ${momentInWords(end.data.at)}.`;
  const releasedAt = last('WorkerReleased');
  if (releasedAt !== null)
    return `Not paid: never submitted, though told at ${momentInWords(releasedAt)} that submitting is what remains to be done.`;
  return 'Not paid: the marketplace has reported no submission so far.';
}

/** US cents that the marketplace has paid on top. */
function bonusPaid(events: readonly RecordedEvent[]): number {
  const paid = new Set(events.flatMap((event) => (event.type === 'BonusPaid' ? [event.data.bonusId] : [])));
  return events.reduce(
    (sum, event) =>
      event.type === 'BonusGranted' && paid.has(event.data.bonusId) ? sum + event.data.amountCents : sum,
    0,
  );
}

const reviewBy = (submittedAt: Instant, offer: { readonly autoApprovalDelaySeconds: number } | undefined): string =>
  offer === undefined
    ? 'the marketplace has reported no review'
    : `no review so far, and the marketplace approves by itself by ${momentInWords(submittedAt + offer.autoApprovalDelaySeconds * 1000)}`;
