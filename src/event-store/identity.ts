import { v7 as uuidv7 } from 'uuid';
import { eventSchemas, type NewEvent, streamOf } from '../domain/event.ts';
import { EventId, type Instant } from '../domain/ids.ts';
import { LOG_FORMAT, type LogEvent } from '../domain/log.ts';
import { UnreadableEvent } from './codec.ts';
import type { EventStore } from './port.ts';

/** This log is not for this service; the message says why, and what to do. */
export class WrongLog extends Error {
  override readonly name = 'WrongLog';
}

/**
 * Makes sure that a log is ours, and answers with its id: writes the marker into an empty log, adopts one from before
 * there were markers. Throws `WrongLog` for a log of another application, and for one that a newer version wrote.
 */
export async function identifyLog(
  store: Pick<EventStore, 'read' | 'append' | 'first'>,
  { version, clock }: { version: string; clock: () => Instant },
): Promise<string> {
  const stream = streamOf.log();
  const { events, revision } = await store.read(stream).catch((error: unknown) => {
    if (error instanceof UnreadableEvent)
      throw new WrongLog(`the log was written by a newer version of the service than ${version}: upgrade it`, {
        cause: error,
      });
    throw error;
  });
  const [opened] = events;
  if (opened?.type !== 'LogOpened') {
    await refuseOthers(store);
    const data = { application: 'retainer', logId: uuidv7(), format: LOG_FORMAT, version, at: clock() } as const;
    await store.append([{ stream, expectedRevision: 'noStream', events: [marker({ type: 'LogOpened', data })] }]);
    // Another node may have been first: what counts is what is there.
    return identifyLog(store, { version, clock });
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
  if (latest.format < LOG_FORMAT && revision !== null) {
    const upgraded = marker({ type: 'LogUpgraded', data: { format: LOG_FORMAT, version, at: clock() } });
    await store.append([{ stream, expectedRevision: revision, events: [upgraded] }]);
  }
  return opened.data.logId;
}

/** A log that begins with an event of ours, from before there were markers, is ours. */
async function refuseOthers(store: Pick<EventStore, 'first'>): Promise<void> {
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
