import type { CreateHITCommandInput, QualificationRequirement } from '@aws-sdk/client-mturk';
import type { HitOrder } from '../port.ts';

const NAMESPACE = 'http://mechanicalturk.amazonaws.com/AWSMechanicalTurkDataSchemas/2006-07-14/ExternalQuestion.xsd';

/** System qualification types (AWS MTurk API reference, QualificationRequirement). */
const LOCALE = '00000000000000000071';
const PERCENT_APPROVED = '000000000000000000L0';

/** A HIT as CreateHIT takes it. The SDK checks nothing; our ProtoHIT's schema did. */
export const hitRequest = ({ token, hitId, fields, maxAssignments }: HitOrder): CreateHITCommandInput => ({
  Title: fields.title,
  Description: fields.description,
  Keywords: fields.keywords,
  Reward: dollars(fields.rewardCents),
  LifetimeInSeconds: fields.lifetimeSeconds,
  AssignmentDurationInSeconds: fields.assignmentDurationSeconds,
  AutoApprovalDelayInSeconds: fields.autoApprovalDelaySeconds,
  MaxAssignments: maxAssignments,
  Question: externalQuestion(fields.url, fields.frameHeight),
  QualificationRequirements: qualifications(fields),
  RequesterAnnotation: hitId,
  UniqueRequestToken: token,
});

/** "0.05": MTurk takes money as text with at most two decimals. */
export const dollars = (cents: number): string => (cents / 100).toFixed(2);

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

export const externalQuestion = (url: string, frameHeight: number): string =>
  `<ExternalQuestion xmlns="${NAMESPACE}"><ExternalURL>${escaped(url)}</ExternalURL>` +
  `<FrameHeight>${frameHeight}</FrameHeight></ExternalQuestion>`;

/** A rating of 100 admits perfect records: "at least", because nobody has more. */
function qualifications({ workerLocale, approvalRating }: HitOrder['fields']): QualificationRequirement[] {
  const requirements: QualificationRequirement[] = [];
  if (workerLocale !== '')
    requirements.push({
      QualificationTypeId: LOCALE,
      Comparator: 'EqualTo',
      LocaleValues: [{ Country: workerLocale }],
    });
  if (approvalRating > 0)
    requirements.push({
      QualificationTypeId: PERCENT_APPROVED,
      Comparator: 'GreaterThanOrEqualTo',
      IntegerValues: [approvalRating],
    });
  return requirements;
}
