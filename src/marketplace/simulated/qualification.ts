import { z } from 'zod';
import { EntityId } from './limits.ts';

const LOCALE = '00000000000000000071';
const PERCENT_APPROVED = '000000000000000000L0';
const APPROVED_HITS = '00000000000000000040';

/** Those that every marketplace has; requesters cannot make their own here. */
const SYSTEM_TYPES = new Set([
  LOCALE,
  PERCENT_APPROVED,
  APPROVED_HITS,
  '00000000000000000060',
  '2F1QJWKUDD8XADTFD2Q0G6UTO95ALH',
  '2ARFPLSP75KLA8M8DH1HTEQVJT3SY6',
]);

const ONE_VALUE = ['LessThan', 'LessThanOrEqualTo', 'GreaterThan', 'GreaterThanOrEqualTo', 'EqualTo', 'NotEqualTo'];
const NO_VALUE = ['Exists', 'DoesNotExist'];
const MANY_VALUES = ['In', 'NotIn'];
const LOCALE_COMPARATORS = ['EqualTo', 'NotEqualTo', 'In', 'NotIn', ...NO_VALUE];

const Locale = z.object({
  Country: z.string().regex(/^[A-Z]{2}$/),
  Subdivision: z
    .string()
    .regex(/^[A-Z0-9]{2}$/)
    .optional(),
});

/** What a worker must be like to accept a HIT. */
export const Qualification = z
  .object({
    QualificationTypeId: EntityId,
    Comparator: z.enum([...ONE_VALUE, ...NO_VALUE, ...MANY_VALUES]),
    IntegerValues: z.array(z.int()).max(15).optional(),
    LocaleValues: z.array(Locale).max(30).optional(),
    ActionsGuarded: z.enum(['Accept', 'PreviewAndAccept', 'DiscoverPreviewAndAccept']).optional(),
    RequiredToPreview: z.boolean().optional(),
  })
  .superRefine(({ QualificationTypeId, Comparator, IntegerValues = [], LocaleValues = [], ...more }, context) => {
    const refuse = (message: string): void => context.addIssue({ code: 'custom', message });
    const [values, others] =
      QualificationTypeId === LOCALE ? [LocaleValues, IntegerValues] : [IntegerValues, LocaleValues];
    if (others.length > 0) refuse('values of another kind than the qualification has');
    if (QualificationTypeId === LOCALE && !LOCALE_COMPARATORS.includes(Comparator))
      refuse(`a locale cannot be compared with ${Comparator}`);
    if (NO_VALUE.includes(Comparator) && values.length > 0) refuse(`${Comparator} takes no value`);
    if (ONE_VALUE.includes(Comparator) && values.length !== 1) refuse(`${Comparator} takes exactly one value`);
    if (MANY_VALUES.includes(Comparator) && values.length === 0) refuse(`${Comparator} takes at least one value`);
    if (more.ActionsGuarded !== undefined && more.RequiredToPreview !== undefined)
      refuse('ActionsGuarded and RequiredToPreview exclude each other');
  });
export type Qualification = z.output<typeof Qualification>;

/** The first type that does not exist. */
export const unknownType = (qualifications: readonly Qualification[]): string | undefined =>
  qualifications.map(({ QualificationTypeId }) => QualificationTypeId).find((id) => !SYSTEM_TYPES.has(id));

/** What the marketplace knows of a worker. Nobody here is a Master or has asked for adult content. */
type Standing = { readonly country: string; readonly approval: number; readonly approvedHits: number };

/** Whether a worker may accept a HIT. */
export const qualifies = (worker: Standing, qualifications: readonly Qualification[]): boolean =>
  qualifications.every(({ QualificationTypeId, Comparator, IntegerValues = [], LocaleValues = [] }) => {
    switch (QualificationTypeId) {
      case LOCALE:
        return meets(
          worker.country,
          Comparator,
          LocaleValues.map(({ Country }) => Country),
        );
      case PERCENT_APPROVED:
        return meets(worker.approval, Comparator, IntegerValues);
      case APPROVED_HITS:
        return meets(worker.approvedHits, Comparator, IntegerValues);
      default:
        return Comparator === 'DoesNotExist' || Comparator === 'NotIn' || Comparator === 'NotEqualTo';
    }
  });

function meets<Value extends string | number>(value: Value, comparator: string, wanted: readonly Value[]): boolean {
  const [first] = wanted;
  switch (comparator) {
    case 'Exists':
      return true;
    case 'EqualTo':
    case 'In':
      return wanted.includes(value);
    case 'NotEqualTo':
    case 'NotIn':
      return !wanted.includes(value);
    case 'LessThan':
      return first !== undefined && value < first;
    case 'LessThanOrEqualTo':
      return first !== undefined && value <= first;
    case 'GreaterThan':
      return first !== undefined && value > first;
    case 'GreaterThanOrEqualTo':
      return first !== undefined && value >= first;
    default:
      return false;
  }
}
