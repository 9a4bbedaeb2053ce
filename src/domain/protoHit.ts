import { z } from 'zod';
import { type Decision, type EventsOf, emit, nothing, type Refused, refuse } from './decision.ts';
import { Instant, ProtoHitId } from './ids.ts';
import { SmallNumber } from './number.ts';

/**
 * What a ProtoHIT says about the HITs made from it. Bounds are Mechanical Turk's own
 * (AWS MTurk API reference, CreateHIT), but for the reward's upper one, which is ours.
 */
export const ProtoHitFields = z.object({
  /** Unique among ProtoHITs: defining it again revises the ProtoHIT of that name. */
  hitTypeId: z.string().min(1).max(255),
  title: z.string().min(1).max(128),
  description: z.string().min(1).max(2000),
  keywords: z.string().max(1000),
  /** The landing page. */
  url: z.url({ protocol: /^https?$/ }).max(2048),
  /** Pixels; 0 lets the marketplace fit the frame to the window. */
  frameHeight: z.number().int().min(0).max(10_000),
  /** US cents an assignment. */
  rewardCents: z.number().int().min(0).max(10_000),
  assignmentDurationSeconds: z.number().int().min(30).max(31_536_000),
  lifetimeSeconds: z.number().int().min(30).max(31_536_000),
  autoApprovalDelaySeconds: z.number().int().min(0).max(2_592_000),
  maxAssignments: z.number().int().min(1).max(1_000_000_000),
  /** A country (ISO 3166-1 alpha-2), or '' for workers from anywhere. */
  workerLocale: z.string().regex(/^([A-Z]{2})?$/),
  /** Least percentage of approved work; 0 admits everyone, 100 only perfect records. */
  approvalRating: z.number().int().min(0).max(100),
  /** How long a worker is kept waiting at most before being released with pay. */
  maxWaitSeconds: z.number().int().min(10).max(31_536_000),
});
export type ProtoHitFields = z.infer<typeof ProtoHitFields>;

export const protoHitEvents = {
  ProtoHitDefined: z.object({
    protoHitId: ProtoHitId,
    fields: ProtoHitFields,
    sandbox: z.boolean(),
    number: SmallNumber.optional(),
    at: Instant,
  }),
  ProtoHitRevised: z.object({ fields: ProtoHitFields, at: Instant }),
  SandboxSwitched: z.object({ sandbox: z.boolean(), at: Instant }),
  ProtoHitRetired: z.object({ at: Instant }),
  ProtoHitRestored: z.object({ at: Instant }),
} as const;
export type ProtoHitEvent = EventsOf<typeof protoHitEvents>;

export type ProtoHit =
  | { readonly phase: 'none' }
  | {
      readonly phase: 'defined' | 'retired';
      readonly id: ProtoHitId;
      readonly fields: ProtoHitFields;
      readonly sandbox: boolean;
    };

export const noProtoHit: ProtoHit = { phase: 'none' };

export function evolveProtoHit(state: ProtoHit, event: ProtoHitEvent): ProtoHit {
  switch (event.type) {
    case 'ProtoHitDefined':
      return { phase: 'defined', id: event.data.protoHitId, fields: event.data.fields, sandbox: event.data.sandbox };
    case 'ProtoHitRevised':
      return state.phase === 'none' ? state : { ...state, fields: event.data.fields };
    case 'SandboxSwitched':
      return state.phase === 'none' ? state : { ...state, sandbox: event.data.sandbox };
    case 'ProtoHitRetired':
      return state.phase === 'none' ? state : { ...state, phase: 'retired' };
    case 'ProtoHitRestored':
      return state.phase === 'none' ? state : { ...state, phase: 'defined' };
  }
}

const NO_SUCH = refuse('notFound', 'ProtoHit.DoesNotExist');

/** Nothing new begins with a retired one; what is open of it is served to its end. */
const RETIRED = refuse('conflict', 'ProtoHit is retired: restore it, or use another one');

/**
 * Defines a ProtoHIT, or revises the one that is there: putting the same name again keeps its id. One that is retired
 * stays so: applications put theirs whenever they start, which must not undo what an operator decided.
 * `sandbox` left out means "true" for a new ProtoHIT and "as it is" for one that is revised.
 */
export function define(
  state: ProtoHit,
  command: {
    protoHitId: ProtoHitId;
    fields: ProtoHitFields;
    sandbox: boolean | undefined;
    /** Of a new one. */
    number?: SmallNumber | undefined;
    at: Instant;
  },
): Decision<ProtoHitEvent> {
  const { protoHitId, fields, sandbox, number, at } = command;
  // One that was put before this was a rule may be put again as it is: applications do so whenever they start.
  const isSame = state.phase !== 'none' && sameFields(state.fields, fields);
  if (!isSame && waitsTooLong(fields)) return tooLong(fields);
  if (state.phase === 'none')
    return emit({ type: 'ProtoHitDefined', data: { protoHitId, fields, sandbox: sandbox ?? true, number, at } });
  if (state.phase === 'retired') return RETIRED;
  const events: ProtoHitEvent[] = [];
  if (!isSame) events.push({ type: 'ProtoHitRevised', data: { fields, at } });
  if (sandbox !== undefined && sandbox !== state.sandbox)
    events.push({ type: 'SandboxSwitched', data: { sandbox, at } });
  return emit(...events);
}

/** Revises a ProtoHIT that was found by its id; its name stays. */
export const revise = (
  state: ProtoHit,
  { fields, sandbox, at }: { fields: Omit<ProtoHitFields, 'hitTypeId'>; sandbox: boolean; at: Instant },
): Decision<ProtoHitEvent> =>
  state.phase === 'none'
    ? NO_SUCH
    : define(state, { protoHitId: state.id, fields: { ...fields, hitTypeId: state.fields.hitTypeId }, sandbox, at });

/** From now on it takes no new reservations; those that are open are recruited for and served. */
export function retire(state: ProtoHit, { at }: { at: Instant }): Decision<ProtoHitEvent> {
  if (state.phase === 'none') return NO_SUCH;
  return state.phase === 'retired' ? nothing : emit({ type: 'ProtoHitRetired', data: { at } });
}

/** Takes back that it was retired. */
export function restore(state: ProtoHit, { at }: { at: Instant }): Decision<ProtoHitEvent> {
  if (state.phase === 'none') return NO_SUCH;
  return state.phase === 'defined' ? nothing : emit({ type: 'ProtoHitRestored', data: { at } });
}

/** Whoever is kept waiting until their assignment's time is over cannot hand it in, and is not paid. */
export const waitsTooLong = ({
  maxWaitSeconds,
  assignmentDurationSeconds,
}: Pick<ProtoHitFields, 'maxWaitSeconds' | 'assignmentDurationSeconds'>): boolean =>
  maxWaitSeconds >= assignmentDurationSeconds;

const tooLong = ({ maxWaitSeconds, assignmentDurationSeconds }: ProtoHitFields): Refused =>
  refuse(
    'invalid',
    `max_wait must be less than assignment_duration, which is ${assignmentDurationSeconds} seconds, got ${maxWaitSeconds}`,
  );

/** May something new begin with this ProtoHIT? Null if so, else why not. */
export const closedToNew = (state: ProtoHit): Refused | null =>
  state.phase === 'none' ? NO_SUCH : state.phase === 'retired' ? RETIRED : null;

/** Sends this ProtoHIT's next HITs to the marketplace's sandbox, or to the real one. `'toggle'` turns it over. */
export function switchSandbox(
  state: ProtoHit,
  { sandbox, at }: { sandbox: boolean | 'toggle'; at: Instant },
): Decision<ProtoHitEvent> {
  if (state.phase === 'none') return NO_SUCH;
  const wanted = sandbox === 'toggle' ? !state.sandbox : sandbox;
  if (wanted === state.sandbox) return nothing;
  return emit({ type: 'SandboxSwitched', data: { sandbox: wanted, at } });
}

const sameFields = (a: ProtoHitFields, b: ProtoHitFields): boolean =>
  (Object.keys(ProtoHitFields.shape) as (keyof ProtoHitFields)[]).every((field) => a[field] === b[field]);
