import type { ReservationId } from '../domain/ids.ts';
import type { EventStore } from '../event-store/port.ts';
import { listApiKeys } from '../projections/apiKeys.ts';
import type { Queryable } from '../projections/projection.ts';
import { stopOf } from '../projections/stopped.ts';
import { storyStreams } from '../projections/storyStreams.ts';
import { type Bystanders, type Gathered, gather } from './gather.ts';
import type { KeyLabels } from './line.ts';

/** Everything a reservation's story is told from: what the log has, and what keys are called. */
export type History = { readonly gathered: Gathered; readonly labels: KeyLabels };

/** Null if there is no such reservation. */
export async function historyOf(
  sources: { store: Pick<EventStore, 'read'>; db: Queryable },
  reservationId: ReservationId,
  options?: { bystanders: Bystanders },
): Promise<History | null> {
  const [gathered, labels] = await Promise.all([gather(sources, reservationId, options), keyLabels(sources.db)]);
  return gathered && { gathered, labels };
}

/**
 * Why a story may miss what happened of late: the read model that knows whose streams belong to it stands still. Null if it
 * does not. A story that looks whole and is not would be taken for the truth.
 */
export async function whyNotWhole(db: Queryable): Promise<string | null> {
  const stop = await stopOf(db, storyStreams);
  return (
    stop &&
    `the story cannot be told whole: the read model ${storyStreams.name} stands still before ${stop.type} at position ` +
      `${stop.position}, and streams that reservations touched since would be missing. 'retainer projections' says why`
  );
}

/** What people called the API keys that they issued. */
export async function keyLabels(db: Queryable): Promise<KeyLabels> {
  const keys = await listApiKeys(db);
  return new Map(keys.map(({ apiKeyId, label }) => [apiKeyId, label]));
}
