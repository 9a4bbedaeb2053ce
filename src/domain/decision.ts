import type { z } from 'zod';

/** Why a command was turned down: an answer for the caller, not an exception. */
export type Refusal = {
  /** `notFound`: no such thing; `conflict`: not in its present state; `invalid`: never; `forbidden`: not to you. */
  readonly kind: 'notFound' | 'conflict' | 'invalid' | 'forbidden';
  readonly message: string;
};

export type Refused = { readonly type: 'refused'; readonly refusal: Refusal };

/** What a decider answers: the events that follow from the command (perhaps none), or a refusal. */
export type Decision<Event> = { readonly type: 'accepted'; readonly events: readonly Event[] } | Refused;

export const emit = <Event>(...events: readonly Event[]): Decision<Event> => ({ type: 'accepted', events });

/** The command was already carried out: a second time changes nothing. */
export const nothing: Decision<never> = { type: 'accepted', events: [] };

export const refuse = (kind: Refusal['kind'], message: string): Refused => ({
  type: 'refused',
  refusal: { kind, message },
});

/** The union of events that a record of `type → zod schema` describes. */
export type EventsOf<Schemas extends Record<string, z.ZodType>> = {
  readonly [Type in keyof Schemas & string]: { readonly type: Type; readonly data: z.infer<Schemas[Type]> };
}[keyof Schemas & string];

/** State is what events add up to. */
export const replay = <State, Event>(
  evolve: (state: State, event: Event) => State,
  initial: State,
  events: Iterable<Event>,
): State => {
  let state = initial;
  for (const event of events) state = evolve(state, event);
  return state;
};
