import type { DomainEvent } from '../../src/domain/event.ts';
import { BEGINNING, type EventStore, type RecordedEvent } from '../../src/event-store/port.ts';

type Happened<Type> = RecordedEvent<Extract<DomainEvent, { type: Type }>>;

/** Events of these types in the whole log, in order. */
export async function happened<Type extends DomainEvent['type']>(
  store: EventStore,
  ...types: readonly Type[]
): Promise<readonly Happened<Type>[]> {
  const wanted = (event: RecordedEvent): event is Happened<Type> => types.some((type) => type === event.type);
  const seen: Happened<Type>[] = [];
  if ((await store.head()) === BEGINNING) return seen;
  const reading = new AbortController();
  for await (const { events, caughtUp } of store.subscribe({ after: BEGINNING, signal: reading.signal })) {
    seen.push(...events.filter(wanted));
    if (caughtUp) break;
  }
  reading.abort();
  return seen;
}
