import { expect } from 'vitest';
import { type Decision, type Refusal, replay } from '../../src/domain/decision.ts';

/** How an aggregate's events add up. */
export type Subject<State, Event> = { readonly initial: State; readonly evolve: (state: State, event: Event) => State };

/**
 * given(what happened).when(decision, command).thenEmits(what follows), for one aggregate:
 *
 * ```ts
 * const given = specificationOf({ initial: noReservation, evolve: evolveReservation });
 * given(made(), finished()).when(invoke, { at: LATER }).thenRefused('conflict', /finished/);
 * ```
 */
export const specificationOf =
  <State, Event>({ initial, evolve }: Subject<State, Event>) =>
  (...history: readonly Event[]) => ({
    when: <Command>(decide: (state: State, command: Command) => Decision<Event>, command: Command) => {
      const state = replay(evolve, initial, history);
      const decision = decide(state, command);
      const accepted = (): readonly Event[] => {
        if (decision.type === 'refused')
          throw new Error(`refused: ${decision.refusal.kind}, ${decision.refusal.message}`);
        return decision.events;
      };
      return {
        /** Exactly these events follow. */
        thenEmits: (...expected: readonly Event[]): void => {
          expect(accepted()).toEqual(expected);
        },
        /** It was done before: nothing follows, and nobody is refused. */
        thenNothing: (): void => {
          expect(accepted()).toEqual([]);
        },
        thenRefused: (kind: Refusal['kind'], message: RegExp): void => {
          expect(decision).toMatchObject({ type: 'refused', refusal: { kind } });
          if (decision.type === 'refused') expect(decision.refusal.message).toMatch(message);
        },
        /** The state once the events have happened. */
        thenState: (expected: object): void => {
          expect(replay(evolve, state, accepted())).toMatchObject(expected);
        },
      };
    },
  });
