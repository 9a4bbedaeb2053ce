import { z } from '@hono/zod-openapi';
import { type Cost, costOf } from '../../../../domain/fees.ts';
import { type ProtoHitFields, waitsTooLong } from '../../../../domain/protoHit.ts';
import { placesAtFirst, type RecruitingRule } from '../../../../domain/recruiting.ts';
import type { ProtoHitRow } from '../../../../projections/protoHits.ts';
import { expectationOf, wholeNumber } from '../../../fields.ts';
import { fromWire, longestWait, protoHitShape, toWire } from '../../../protoHitFields.ts';
import { shown, unsound } from '../../../soundness.ts';
import { EXPECTED, EXPLAINED } from './fields.ts';

/** A form's texts by name, as they were typed. */
export type Values = Readonly<Record<string, string>>;
export type Errors = Readonly<Record<string, string | undefined>>;

export type ReadForm =
  | {
      readonly type: 'right';
      readonly fields: Omit<ProtoHitFields, 'hitTypeId'>;
      readonly hitTypeId: string | undefined;
      readonly sandbox: boolean;
    }
  | { readonly type: 'wrong'; readonly errors: Errors };

/** What `puttask` checks is checked here, by the same schema; left empty is left out where that may be. */
const protoHit = z.object({ ...protoHitShape, sandbox: protoHitShape.sandbox.unwrap() });

export function readForm(values: Values): ReadForm {
  const given = Object.fromEntries(
    Object.entries(values).filter(([name, value]) => value !== '' || !OMITTED_IF_EMPTY.has(name)),
  );
  const parsed = protoHit.safeParse(given);
  const names = Object.keys(protoHit.shape);
  const unsoundNames = names.filter((name) => unsound(given[name]) !== null);
  if (parsed.success && unsoundNames.length === 0) {
    const { hit_type_id: hitTypeId, sandbox, ...wire } = parsed.data;
    const fields = fromWire(wire);
    if (waitsTooLong(fields)) return { type: 'wrong', errors: { max_wait: tooLong(fields) } };
    return { type: 'right', fields, hitTypeId, sandbox };
  }
  const wrong = new Set([...(parsed.error?.issues ?? []).map(({ path }) => String(path[0])), ...unsoundNames]);
  return { type: 'wrong', errors: Object.fromEntries([...wrong].map((name) => [name, complaintOf(name, given)])) };
}

const OMITTED_IF_EMPTY = new Set(['hit_type_id', 'max_wait']);

const tooLong = ({ maxWaitSeconds, assignmentDurationSeconds }: Omit<ProtoHitFields, 'hitTypeId'>): string =>
  `It must be less than the time for an assignment, ${assignmentDurationSeconds} seconds, got ${maxWaitSeconds}.`;

function complaintOf(name: string, given: Values): string {
  const value = given[name];
  const wrong = unsound(value);
  if (wrong !== null) return `This ${wrong}.`;
  const schema = Object.entries(protoHit.shape).find(([field]) => field === name)?.[1];
  const right = `It must be ${expectationOf(schema)}`;
  return value === undefined || value === '' ? `${right}.` : `${right}, got ${shown(value)}.`;
}

const reckoned = z.object({
  reward: protoHitShape.reward,
  max_assignments: protoHitShape.max_assignments,
  [EXPECTED.workers.name]: wholeNumber(1, 1_000_000).catch(Number(EXPECTED.workers.start)),
  [EXPECTED.wait.name]: wholeNumber(1, 31_536_000).catch(Number(EXPECTED.wait.start)),
});

export type Reckoning = Cost & {
  readonly workers: number;
  readonly rewardCents: number;
  readonly isForMany: boolean;
  /** Posted at first for that many, and what it costs if somebody takes each of them. */
  readonly places: number;
  readonly allPlacesCents: number;
};

/** What it costs, as far as the form says; null while reward or assignments make no sense. */
export function reckon(values: Values, recruiting: RecruitingRule): Reckoning | null {
  const parsed = reckoned.safeParse(values);
  if (!parsed.success) return null;
  const { reward: rewardCents, max_assignments: maxAssignments, expected_workers, expected_wait } = parsed.data;
  const workers = Number(expected_workers);
  const cost = costOf({ rewardCents, maxAssignments }, { workers, waitSeconds: Number(expected_wait) });
  const places = placesAtFirst(recruiting, { workers, maxAssignments });
  return {
    ...{ ...cost, workers, rewardCents, isForMany: maxAssignments >= 10 },
    ...{ places, allPlacesCents: places * cost.eachCents },
  };
}

const starts = (): Values => ({
  ...Object.fromEntries(EXPLAINED.flatMap(({ fields }) => fields.map(({ name, start }) => [name, start]))),
  [EXPECTED.workers.name]: EXPECTED.workers.start,
  [EXPECTED.wait.name]: EXPECTED.wait.start,
  hit_type_id: '',
});

/** What stands in the form of a new ProtoHIT, a revised one, or a copy, which needs a name of its own. */
export function valuesOf(row?: ProtoHitRow, { isCopy = false } = {}): Values {
  if (row === undefined) return starts();
  const { hit_type_id, reward, ...wire } = toWire(row, (id) => id);
  const texts = Object.fromEntries(Object.entries(wire).map(([name, value]) => [name, String(value)]));
  // Left empty it goes on following the time for an assignment.
  const max_wait = wire.max_wait === longestWait(wire.assignment_duration) ? '' : String(wire.max_wait);
  return { ...starts(), ...texts, max_wait, reward: reward.toFixed(2), hit_type_id: isCopy ? '' : hit_type_id };
}
