import type { ReservationId } from '../domain/ids.ts';
import type { EventStore } from '../event-store/port.ts';
import { listApiKeys } from '../projections/apiKeys.ts';
import type { Queryable } from '../projections/projection.ts';
import { type Gathered, gather } from './gather.ts';
import type { KeyLabels } from './line.ts';

/** Everything a reservation's story is told from: what the log has, and what keys are called. */
export type History = { readonly gathered: Gathered; readonly labels: KeyLabels };

/** Null if there is no such reservation. */
export async function historyOf(
  sources: { store: Pick<EventStore, 'read'>; db: Queryable },
  reservationId: ReservationId,
): Promise<History | null> {
  const [gathered, labels] = await Promise.all([gather(sources, reservationId), keyLabels(sources.db)]);
  return gathered && { gathered, labels };
}

/** What people called the API keys that they issued. */
export async function keyLabels(db: Queryable): Promise<KeyLabels> {
  const keys = await listApiKeys(db);
  return new Map(keys.map(({ apiKeyId, label }) => [apiKeyId, label]));
}
