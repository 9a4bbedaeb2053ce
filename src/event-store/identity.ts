import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { eventSchemas, type NewEvent, streamOf } from '../domain/event.ts';
import { EventId, type Instant } from '../domain/ids.ts';
import { LOG_FORMAT, type LogEvent } from '../domain/log.ts';
import { UnreadableEvent } from './codec.ts';
import type { EventStore } from './port.ts';

/** This log is not for this service; the message says why, and what to do. */
export class WrongLog extends Error {
  override readonly name = 'WrongLog';
}

/** What a log says of itself. */
export type Identity = { readonly logId: string; readonly format: number; readonly revision: number };

/**
 * Whose log it is; null if nothing says so yet: it is empty, or from before there were markers. Throws `WrongLog` for a
 * log of another application, and for one that a newer version wrote.
 */
export async function identityOf(
  store: Pick<EventStore, 'read' | 'first'>,
  { version }: { version: string },
): Promise<Identity | null> {
  const { events, revision } = await store.read(streamOf.log()).catch((error: unknown) => {
    throw error instanceof UnreadableEvent ? strangeMarker(error, version) : error;
  });
  const [opened] = events;
  if (opened?.type !== 'LogOpened' || revision === null) {
    await refuseOthers(store);
    return null;
  }
  const written = events.flatMap((event) =>
    event.type === 'LogOpened' || event.type === 'LogUpgraded' ? event.data : [],
  );
  const latest = written.reduce((newest, one) => (one.format > newest.format ? one : newest));
  if (latest.format > LOG_FORMAT)
    throw new WrongLog(
      `the log was written by version ${latest.version} of the service, in a format (${latest.format}) that ` +
        `${version} does not know (${LOG_FORMAT}): use ${latest.version} or newer`,
    );
  return { logId: opened.data.logId, format: latest.format, revision };
}

/** Says in a log that it is ours, or of our version from now on, where it does not; answers with its id. */
export async function markLog(
  store: Pick<EventStore, 'read' | 'append' | 'first'>,
  found: Identity | null,
  { version, clock }: { version: string; clock: () => Instant },
): Promise<string> {
  const stream = streamOf.log();
  if (found === null) {
    const data = { application: 'retainer', logId: uuidv7(), format: LOG_FORMAT, version, at: clock() } as const;
    await store.append([{ stream, expectedRevision: 'noStream', events: [marker({ type: 'LogOpened', data })] }]);
    // Another node may have been first: what counts is what is there.
    return markLog(store, await identityOf(store, { version }), { version, clock });
  }
  const { logId, format, revision } = found;
  if (format < LOG_FORMAT) {
    const upgraded = marker({ type: 'LogUpgraded', data: { format: LOG_FORMAT, version, at: clock() } });
    await store.append([{ stream, expectedRevision: revision, events: [upgraded] }]);
  }
  return logId;
}

const Version = z.object({ version: z.string() });

/** What says whose log it is cannot be understood. Markers of versions to come say at least which those are. */
function strangeMarker(error: UnreadableEvent, ours: string): WrongLog {
  const theirs = Version.safeParse(error.stored.data).data?.version;
  return new WrongLog(
    error.mayBeNewer
      ? `the log was written by ${theirs === undefined ? `a newer version of the service than ${ours}: upgrade it` : `version ${theirs} of the service: use that or a newer one, this is ${ours}`}`
      : `the log does not say whose it is (${error.message}): somebody changed it; 'retainer verify' says more`,
    { cause: error },
  );
}

/** A log that begins with an event of ours, from before there were markers, is ours. */
export async function refuseOthers(store: Pick<EventStore, 'first'>): Promise<void> {
  const first = await store.first();
  if (first === null || Object.hasOwn(eventSchemas, first.type)) return;
  throw new WrongLog(
    `this is the log of another application: it begins with ${first.type} in stream ${first.stream}. ` +
      'Give the service an event store of its own (EVENT_STORE_URL)',
  );
}

const marker = (event: LogEvent): NewEvent => {
  const id = EventId.parse(uuidv7());
  const metadata = { actor: 'operator:service', correlationId: id, causationId: id } as const;
  return { ...event, id, recordedAt: event.data.at, metadata };
};
