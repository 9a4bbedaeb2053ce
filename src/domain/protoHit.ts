import { z } from 'zod';
import { type Decision, type EventsOf, emit, nothing, refuse } from './decision.ts';
import { Instant, ProtoHitId } from './ids.ts';

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
  ProtoHitDefined: z.object({ protoHitId: ProtoHitId, fields: ProtoHitFields, sandbox: z.boolean(), at: Instant }),
  ProtoHitRevised: z.object({ fields: ProtoHitFields, at: Instant }),
  SandboxSwitched: z.object({ sandbox: z.boolean(), at: Instant }),
} as const;
export type ProtoHitEvent = EventsOf<typeof protoHitEvents>;

export type ProtoHit =
  | { readonly phase: 'none' }
  | { readonly phase: 'defined'; readonly id: ProtoHitId; readonly fields: ProtoHitFields; readonly sandbox: boolean };

export const noProtoHit: ProtoHit = { phase: 'none' };

export function evolveProtoHit(state: ProtoHit, event: ProtoHitEvent): ProtoHit {
  switch (event.type) {
    case 'ProtoHitDefined':
      return { phase: 'defined', id: event.data.protoHitId, fields: event.data.fields, sandbox: event.data.sandbox };
    case 'ProtoHitRevised':
      return state.phase === 'none' ? state : { ...state, fields: event.data.fields };
    case 'SandboxSwitched':
      return state.phase === 'none' ? state : { ...state, sandbox: event.data.sandbox };
  }
}

/**
 * Defines a ProtoHIT, or revises the one that is there: putting the same name again keeps its id.
 * `sandbox` left out means "true" for a new ProtoHIT and "as it is" for one that is revised.
 */
export function define(
  state: ProtoHit,
  command: { protoHitId: ProtoHitId; fields: ProtoHitFields; sandbox: boolean | undefined; at: Instant },
): Decision<ProtoHitEvent> {
  const { protoHitId, fields, sandbox, at } = command;
  if (state.phase === 'none')
    return emit({ type: 'ProtoHitDefined', data: { protoHitId, fields, sandbox: sandbox ?? true, at } });
  const events: ProtoHitEvent[] = [];
  if (!sameFields(state.fields, fields)) events.push({ type: 'ProtoHitRevised', data: { fields, at } });
  if (sandbox !== undefined && sandbox !== state.sandbox)
    events.push({ type: 'SandboxSwitched', data: { sandbox, at } });
  return emit(...events);
}

/** Sends this ProtoHIT's next HITs to the marketplace's sandbox, or to the real one. `'toggle'` turns it over. */
export function switchSandbox(
  state: ProtoHit,
  { sandbox, at }: { sandbox: boolean | 'toggle'; at: Instant },
): Decision<ProtoHitEvent> {
  if (state.phase === 'none') return refuse('notFound', 'ProtoHit.DoesNotExist');
  const wanted = sandbox === 'toggle' ? !state.sandbox : sandbox;
  if (wanted === state.sandbox) return nothing;
  return emit({ type: 'SandboxSwitched', data: { sandbox: wanted, at } });
}

const sameFields = (a: ProtoHitFields, b: ProtoHitFields): boolean =>
  (Object.keys(ProtoHitFields.shape) as (keyof ProtoHitFields)[]).every((field) => a[field] === b[field]);
