import { type Decision, replay } from '../../src/domain/decision.ts';

/** A decision with its command, by a name that a failing test can show. */
export type Move<State, Event> = {
  readonly name: string;
  readonly decide: (state: State) => Decision<Event>;
};

export type Step<State, Event> = {
  readonly before: State;
  readonly move: Move<State, Event>;
  readonly decision: Decision<Event>;
  readonly after: State;
};

/** Sets and maps by what is in them, in the order of their keys. */
const keyOf = (state: unknown): string =>
  JSON.stringify(state, (_, value) => (value instanceof Map ? [...value].sort() : value));

/**
 * Every state that an aggregate can get into by the given moves, and every move from each of them: not a sample, all
 * of them. Times stand still, so that there is an end to it.
 */
export function explore<State, Event>(
  { initial, evolve }: { initial: State; evolve: (state: State, event: Event) => State },
  moves: readonly Move<State, Event>[],
): { readonly states: readonly State[]; readonly steps: readonly Step<State, Event>[] } {
  const found = new Map<string, State>([[keyOf(initial), initial]]);
  const steps: Step<State, Event>[] = [];
  // A map hands out what is added to it while it is walked.
  for (const before of found.values()) {
    for (const move of moves) {
      const decision = move.decide(before);
      const after = decision.type === 'refused' ? before : replay(evolve, before, decision.events);
      steps.push({ before, move, decision, after });
      if (!found.has(keyOf(after))) found.set(keyOf(after), after);
      if (found.size > 10_000) throw new Error('there is no end to the states: does a time move on?');
    }
  }
  return { states: [...found.values()], steps };
}

/** From which of the states a way leads to one where `isEnd` holds. */
export function leadsTo<State, Event>(
  { states, steps }: { readonly states: readonly State[]; readonly steps: readonly Step<State, Event>[] },
  isEnd: (state: State) => boolean,
): readonly State[] {
  const leading = new Set(states.filter(isEnd).map(keyOf));
  for (let known = -1; known < leading.size; ) {
    known = leading.size;
    for (const { before, after } of steps) if (leading.has(keyOf(after))) leading.add(keyOf(before));
  }
  return states.filter((state) => leading.has(keyOf(state)));
}
