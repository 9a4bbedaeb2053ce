import { once } from 'node:events';
import { openCore } from '../core.ts';
import type { EventType } from '../domain/event.ts';
import type { CliCommand } from '../main.ts';
import { EVENT_FORMATS, type EventFormat, eventAsJson } from '../story/eventAsJson.ts';
import { EVENT_TYPES, FROM_THE_BEGINNING, parseSince, parseTypes, readLog } from '../story/feed.ts';
import { startQuietLog } from './log.ts';
import { settingsOrExit } from './settings.ts';

const USAGE = `retainer export [--since POSITION|TIME] [--types A,B] [--format ndjson|cloudevents] [--follow]

Writes the events of the log to standard output, one JSON object a line, in the order of the log.

--since    those after a position, as an earlier export gave it; or those recorded from a moment on (the log is
           read from its beginning for that)
--types    only of these types
--format   ndjson: as the log has them; cloudevents: as CloudEvents 1.0
--follow   goes on with what happens, until it is stopped

An event that cannot be understood is written as it is stored, with the reason as "unreadable".
`;

type Asked = { readonly since: string | null; readonly types: ReadonlySet<EventType> | null } & {
  readonly format: EventFormat;
  readonly follow: boolean;
};

export const exportCommand: CliCommand = {
  usage: USAGE,
  options: {
    since: { type: 'string' },
    types: { type: 'string' },
    format: { type: 'string' },
    follow: { type: 'boolean' },
  },
  run: async ({ values }) => {
    const asked = read(values);
    if (typeof asked === 'string') {
      process.stderr.write(`retainer export: ${asked}\n`);
      return 2;
    }
    const settings = settingsOrExit();
    const core = await openCore(settings, startQuietLog(settings), { projector: false, onlyExisting: true });
    const ending = new AbortController();
    const end = (): void => ending.abort();
    process.once('SIGINT', end);
    process.once('SIGTERM', end);
    process.stdout.on('error', end);
    try {
      const since = asked.since === null ? FROM_THE_BEGINNING : parseSince(asked.since, await core.store.head());
      if (typeof since === 'string') {
        process.stderr.write(`retainer export: --since must be ${since}; got "${asked.since}"\n`);
        return 2;
      }
      for await (const { entries } of readLog(core.store, { ...asked, since, signal: ending.signal })) {
        const isTaken = process.stdout.write(entries.map((entry) => `${eventAsJson(entry, asked.format)}\n`).join(''));
        // Whoever reads slowly is waited for; whoever left (head, a closed pager) has had enough.
        if (!isTaken) await once(process.stdout, 'drain', { signal: ending.signal }).catch(() => {});
        if (ending.signal.aborted) break;
      }
      return 0;
    } catch (error) {
      if (!ending.signal.aborted) throw error;
      return process.stdout.destroyed ? 0 : 1;
    } finally {
      await core.close();
    }
  },
};

/** What was asked for, or what is wrong with it. */
function read(values: Record<string, unknown>): Asked | string {
  const format = EVENT_FORMATS.find((known) => known === (values['format'] ?? 'ndjson'));
  if (format === undefined)
    return `--format must be one of ${EVENT_FORMATS.join(', ')}, got "${String(values['format'])}"`;
  const types = typeof values['types'] === 'string' ? parseTypes(values['types']) : undefined;
  if (types === null) return `--types must be ${EVENT_TYPES}; got "${String(values['types'])}"`;
  const since = typeof values['since'] === 'string' ? values['since'] : null;
  return { since, types: types ?? null, format, follow: values['follow'] === true };
}
