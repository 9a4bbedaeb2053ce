import { apiKeyEvents, evolveApiKey, noApiKey } from '../domain/apiKey.ts';
import { assignmentEvents, evolveAssignment, noAssignment } from '../domain/assignment.ts';
import type { DomainEvent, EventType } from '../domain/event.ts';
import { evolveHit, hitEvents, noHit } from '../domain/hit.ts';
import { evolveProtoHit, noProtoHit, protoHitEvents } from '../domain/protoHit.ts';
import { evolveReservation, noReservation, reservationEvents } from '../domain/reservation.ts';
import { evolveWorkRequest, noWorkRequest, workRequestEvents } from '../domain/workRequest.ts';
import { momentInWords } from './moment.ts';

/** A stream's state as JSON shows it. */
export type ShownState = Readonly<Record<string, unknown>>;

/** Adds events up, whatever kind of stream they are from: each call answers with the state after that event. */
export type Fold = (event: DomainEvent) => ShownState;

/** Nothing has happened yet. */
export const BEFORE_ALL: ShownState = { phase: 'none' };

/** A fold that begins with nothing. The first event says of which kind of stream it is. */
export function startFold(): Fold {
  let fold: Fold | null = null;
  return (event) => {
    fold ??= foldOf(event.type);
    return fold(event);
  };
}

/** The state that a stream's events add up to. */
export function stateOf(events: Iterable<DomainEvent>): ShownState {
  const fold = startFold();
  let state = BEFORE_ALL;
  for (const event of events) state = fold(event);
  return state;
}

function foldOf(type: EventType): Fold {
  const kind = KINDS.find(({ schemas }) => Object.hasOwn(schemas, type));
  // A stream of pings, of which nothing is decided: its last one.
  return kind === undefined ? (event) => ({ phase: 'none', last: event.data }) : kind.start();
}

/** How one kind of stream adds up. Events of another kind change nothing: no stream of ours holds any. */
function kind<State extends object, Event extends DomainEvent>(
  schemas: Record<Event['type'], unknown>,
  initial: State,
  evolve: (state: State, event: Event) => State,
) {
  const isOwn = (event: DomainEvent): event is Event => Object.hasOwn(schemas, event.type);
  return {
    schemas,
    start: (): Fold => {
      let state = initial;
      return (event) => {
        if (isOwn(event)) state = evolve(state, event);
        return shown(state);
      };
    },
  };
}

const KINDS = [
  kind(reservationEvents, noReservation, evolveReservation),
  kind(assignmentEvents, noAssignment, evolveAssignment),
  kind(hitEvents, noHit, evolveHit),
  kind(protoHitEvents, noProtoHit, evolveProtoHit),
  kind(workRequestEvents, noWorkRequest, evolveWorkRequest),
  kind(apiKeyEvents, noApiKey, evolveApiKey),
];

const shown = (state: object): ShownState =>
  Object.fromEntries(
    Object.entries(state).map(([name, value]) => [name, value instanceof Map ? Object.fromEntries(value) : value]),
  );

/** A field's value as text: moments as times, all else as JSON. */
export const valueInWords = (field: string, value: unknown): string =>
  typeof value === 'number' && /(At|Since)$/.test(field) ? momentInWords(value) : JSON.stringify(value);

/** What differs between two states: field by field, what it was and what it is. */
export function changesOf(
  before: ShownState,
  after: ShownState,
): readonly { readonly field: string; readonly before: unknown; readonly after: unknown }[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .map((field) => ({ field, before: before[field] ?? null, after: after[field] ?? null }))
    .filter((change) => JSON.stringify(change.before) !== JSON.stringify(change.after));
}
