import type { Entry } from './entry.ts';
import { momentInWords } from './moment.ts';

/** How events are handed out: as the log has them, or as CloudEvents 1.0. */
export const EVENT_FORMATS = ['ndjson', 'cloudevents'] as const;
export type EventFormat = (typeof EVENT_FORMATS)[number];

/** One event as JSON, without a line's end. */
export const eventAsJson = (entry: Entry, format: EventFormat): string =>
  JSON.stringify(format === 'cloudevents' ? cloudEventOf(entry) : plainOf(entry));

const plainOf = (entry: Entry): object =>
  entry.type === 'event' ? entry.event : { ...entry.stored, unreadable: entry.reason };

/**
 * A CloudEvent (CNCF, specification 1.0.2, JSON format). `source` with `id` is unique, as the specification asks: an
 * event's id is unique in the log. What the log knows besides travels as extensions, whose names may only have
 * lower-case letters and digits.
 */
function cloudEventOf(entry: Entry): object {
  const { id, stream, revision, position, recordedAt, type, data } =
    entry.type === 'event' ? entry.event : entry.stored;
  const metadata = entry.type === 'event' ? entry.event.metadata : null;
  return {
    specversion: '1.0',
    id,
    source: '/retainer/events',
    type: `retainer.${type}`,
    subject: stream,
    time: momentInWords(recordedAt),
    datacontenttype: 'application/json',
    position,
    revision,
    ...(metadata && {
      actor: metadata.actor,
      correlationid: metadata.correlationId,
      causationid: metadata.causationId,
    }),
    ...(entry.type === 'unreadable' && { unreadable: entry.reason }),
    data,
  };
}
