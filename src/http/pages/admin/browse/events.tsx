import { Hono } from 'hono';
import { type EventType, eventSchemas, type StreamName, streamId } from '../../../../domain/event.ts';
import type { EventStore, Position } from '../../../../event-store/port.ts';
import { actorOf, browseLog, type LogFilter } from '../../../../story/browse.ts';
import { type Entry, placeOf } from '../../../../story/entry.ts';
import { inWords } from '../../../../story/inWords.ts';
import { type Column, inShownMoments, Moment, Table } from '../../table.tsx';
import type { AdminGuard } from '../guard.ts';
import { AdminPage } from '../layout.tsx';
import { type CsvColumn, csvFile, momentCell } from './csv.ts';
import { Choice, Pager, type Query, queryOf, readChoice, readPage, readSearch, Search } from './listing.tsx';

const PATH = '/admin/events';
const TYPES = (Object.keys(eventSchemas) as EventType[]).toSorted();
const ROWS_AT_ONCE = 1_000;

const filterOf = (query: Query): LogFilter => ({
  type: readChoice(TYPES, query['type']),
  stream: query['stream']?.trim() || null,
  actor: query['actor']?.trim() || null,
  text: readSearch(query),
});

/** Positions differ from store to store, but those of one log are as long as one another, and sort as texts. */
const readBefore = ({ before }: Query, head: Position): Position | null =>
  before !== undefined && shapeOf(before) === shapeOf(head) && before <= head ? (before as Position) : null;

const shapeOf = (position: string): string => position.replace(/\d/g, '0');

/** `/admin/events`: the log itself, newest first. */
export function eventRoutes({
  store,
  guard,
}: {
  store: Pick<EventStore, 'lookBack' | 'read' | 'head'>;
  guard: AdminGuard;
}): Hono {
  const routes = new Hono({ strict: false });
  routes.get(
    PATH,
    guard(async (c, visit) => {
      const query = queryOf(c);
      const filter = filterOf(query);
      const before = readBefore(query, await store.head());
      const { entries, next } = await browseLog(store, filter, { before, limit: readPage(query).limit });
      return c.html(
        <AdminPage title="Events" at={PATH} visit={visit}>
          <p>
            Everything that happened, and who did it. Pings of waiting workers, and the scheduler's token that goes with
            all it writes (<code>SchedulerActed</code>), are left out unless their type or stream is chosen.
          </p>
          <Search path={PATH} query={query} label="Text in the event">
            <Choice
              name="type"
              label="Type"
              all="every type"
              choices={TYPES.map((type) => [type, type] as const)}
              chosen={filter.type}
            />
            <label>
              Stream
              <input name="stream" value={filter.stream ?? ''} placeholder="reservation-…" spellcheck={false} />
            </label>
            <label>
              Who
              <input name="actor" value={filter.actor ?? ''} placeholder="operator:" spellcheck={false} />
            </label>
          </Search>
          <Table caption="Events" none={noneOf(next)} rows={entries} columns={COLUMNS} />
          <Pager path={PATH} query={query} last={next} isFirst={before === null} csv={`${PATH}.csv`} />
        </AdminPage>,
      );
    }),
  );
  routes.get(
    `${PATH}.csv`,
    guard((c) => csvFile(c, 'events', CSV_COLUMNS, chunksOf(store, filterOf(queryOf(c))))),
  );
  return routes;
}

const noneOf = (next: Position | null): string =>
  next === null ? 'The log holds nothing like that.' : 'Nothing like that so far back; there is more to look through.';

async function* chunksOf(
  store: Pick<EventStore, 'lookBack' | 'read'>,
  filter: LogFilter,
): AsyncGenerator<readonly Entry[]> {
  let before: Position | null = null;
  do {
    const found: { entries: readonly Entry[]; next: Position | null } = await browseLog(store, filter, {
      before,
      limit: ROWS_AT_ONCE,
    });
    if (found.entries.length > 0) yield found.entries;
    before = found.next;
  } while (before !== null);
}

const kept = (entry: Entry) => (entry.type === 'event' ? entry.event : entry.stored);
const sentenceOf = (entry: Entry): string => (entry.type === 'event' ? inWords(entry.event) : `${entry.reason}.`);

/** The story that an event belongs to: its own reservation's, or the one it served. */
function storyOf(entry: Entry): string | null {
  const { stream } = placeOf(entry);
  if (stream.startsWith('reservation-')) return streamId(stream as StreamName);
  if (entry.type !== 'event') return null;
  const { correlationId } = entry.event.metadata;
  return /^(assignment|hit)-/.test(stream) && correlationId !== entry.event.metadata.causationId ? correlationId : null;
}

const COLUMNS: readonly Column<Entry>[] = [
  { name: 'When', cell: (entry) => <Moment at={placeOf(entry).recordedAt} /> },
  {
    name: 'What',
    cell: (entry) => (
      <details>
        <summary>
          <strong>{kept(entry).type}</strong> <span class="quiet">{inShownMoments(sentenceOf(entry))}</span>
        </summary>
        <pre tabindex={0}>{JSON.stringify(kept(entry), null, 2)}</pre>
      </details>
    ),
  },
  { name: 'Who', cell: (entry) => <span class="who">{actorOf(entry)}</span> },
  {
    name: 'Stream',
    cell: (entry) => {
      const { stream } = placeOf(entry);
      const story = storyOf(entry);
      return (
        <>
          <a href={`${PATH}?stream=${encodeURIComponent(stream)}`}>
            <code>{stream}</code>
          </a>
          {story !== null && (
            <>
              {' '}
              <a href={`/status/reservation/${story}`}>
                Story<span class="visually-hidden"> of reservation {story}</span>
              </a>
            </>
          )}
        </>
      );
    },
  },
];

const CSV_COLUMNS: readonly CsvColumn<Entry>[] = [
  ['position', (entry) => `${placeOf(entry).position}`],
  ['recordedAt', (entry) => momentCell(placeOf(entry).recordedAt)],
  ['type', (entry) => kept(entry).type],
  ['stream', (entry) => placeOf(entry).stream],
  ['revision', (entry) => kept(entry).revision],
  ['actor', actorOf],
  ['what', sentenceOf],
  ['id', (entry) => kept(entry).id],
  ['data', (entry) => kept(entry).data],
  ['metadata', (entry) => kept(entry).metadata],
];
