import { openCore } from '../core.ts';
import { ReservationId } from '../domain/ids.ts';
import type { CliCommand } from '../main.ts';
import type { Database } from '../postgres/pool.ts';
import { idOfNumber, readNumber } from '../projections/numbers.ts';
import { bystandersIn, FORMATS, type Format, showDiff, showStory } from '../story/format.ts';
import { type History, historyOf, whyNotWhole } from '../story/history.ts';
import { A_MOMENT, momentInWords, parseMoment } from '../story/moment.ts';
import { diffOf, storyOf } from '../story/story.ts';
import { startQuietLog } from './log.ts';
import { settingsOrExit } from './settings.ts';

const USAGE = `retainer history ID [--format text|json|ndjson|csv] [--raw] [--all] [--as-of TIME]
retainer history ID --diff TIME TIME [--format …] [--raw] [--all]

The whole story of a reservation in the order of the log, across every stream it touched: its own, the HITs posted
for it, the assignments of those who came by them or were called to it. Says of every worker why they were called or
not, paid or not, and how many others waited at the time and were passed over.

--all      says it of those others too
--raw      with the events as the log holds them
--as-of    the state and the story as they were known then
--diff     what changed between two moments

A TIME is ${A_MOMENT}.
`;

/** How long the command waits for read models that lag. */
const CATCH_UP_MS = 10_000;

type Asked = {
  /** A UUID, or a small number. */
  readonly id: ReservationId | number;
  readonly format: Format;
  readonly raw: boolean;
  readonly all: boolean;
  readonly moments: { type: 'now' } | { type: 'asOf'; at: number } | { type: 'diff'; from: number; to: number };
};

export const history: CliCommand = {
  usage: USAGE,
  takesWords: true,
  options: {
    format: { type: 'string' },
    raw: { type: 'boolean' },
    all: { type: 'boolean' },
    'as-of': { type: 'string' },
    diff: { type: 'string' },
  },
  run: async ({ positionals, values }) => {
    const asked = read(positionals, values);
    if (typeof asked === 'string') {
      process.stderr.write(`retainer history: ${asked}\n`);
      return 2;
    }
    const settings = settingsOrExit();
    const log = startQuietLog(settings);
    const core = await openCore(settings, log, { onlyExisting: true });
    try {
      const isCaughtUp = await core.caughtUp.until(await core.store.head(), { timeoutMs: CATCH_UP_MS });
      if (!isCaughtUp) log.warn('the read models lag: streams that the reservation touched just now may be missing');
      const gap = await whyNotWhole(core.db);
      if (gap !== null) {
        process.stderr.write(`retainer history: ${gap}\n`);
        return 1;
      }
      const reservationId = await idOf(core.db, asked.id);
      const found =
        reservationId && (await historyOf(core, reservationId, { bystanders: bystandersIn(asked.format, asked.all) }));
      const shown = found && show(found, asked);
      if (shown === null) {
        process.stderr.write(`retainer history: ${nothingToShow(asked, found !== null)}\n`);
        return 1;
      }
      process.stdout.write(shown);
      return 0;
    } finally {
      await core.close();
    }
  },
};

function show({ gathered, labels }: History, { format, raw, all, moments }: Asked): string | null {
  if (moments.type === 'diff') {
    const diff = diffOf(gathered, { ...moments, labels });
    return diff && showDiff(diff, format, { raw, all });
  }
  const story = storyOf(gathered, { moment: moments.type === 'asOf' ? moments.at : null, labels });
  return story && showStory(story, format, { raw, all });
}

async function idOf(db: Database, id: ReservationId | number): Promise<ReservationId | null> {
  if (typeof id === 'string') return id;
  return ReservationId.safeParse(await idOfNumber(db, 'reservation', id)).data ?? null;
}

function nothingToShow({ id: reservationId, moments }: Asked, exists: boolean): string {
  if (!exists || moments.type === 'now') return `there is no reservation ${reservationId}`;
  const at = moments.type === 'asOf' ? moments.at : moments.to;
  return `reservation ${reservationId} had not been made at ${momentInWords(at)}`;
}

/** Longer digits are a moment. */
const SHORT = /^.{1,9}$/;

const readId = (text: string): ReservationId | number | null =>
  (SHORT.test(text) ? readNumber(text) : null) ?? ReservationId.safeParse(text.toLowerCase()).data ?? null;

/** What was asked for, or what is wrong with it. */
function read(positionals: readonly string[], values: Record<string, unknown>): Asked | string {
  const { format = 'text', raw = false, all = false, diff, 'as-of': asOf } = values;
  const wanted = FORMATS.find((known) => known === format);
  if (wanted === undefined) return `--format must be one of ${FORMATS.join(', ')}, got "${String(format)}"`;
  const ids = positionals.filter((text) => readId(text) !== null);
  const others = positionals.filter((text) => !ids.includes(text));
  const [id] = ids;
  const needed = typeof diff === 'string' ? 1 : 0;
  const [stranger] = others;
  if (id === undefined && stranger === undefined) return `the id of a reservation is missing\n\n${USAGE}`;
  if (id === undefined)
    return (
      `"${stranger}" is no reservation's id, as reservation/make answered it; ` +
      `'retainer replay ${stranger}' shows the events of an assignment, a HIT or a ProtoHIT\n\n${USAGE}`
    );
  if (ids.length > 1) return 'one reservation at a time';
  if (others.length !== needed)
    return needed === 1 ? '--diff takes two times' : `what is "${others[0] ?? ''}" for?\n\n${USAGE}`;
  if (typeof diff === 'string' && asOf !== undefined) return '--as-of and --diff exclude each other';

  const asked = { id: readId(id) ?? 0, format: wanted, raw: raw === true, all: all === true };
  const given = typeof diff === 'string' ? [diff, ...others] : typeof asOf === 'string' ? [asOf] : [];
  const times = given.map(parseMoment);
  const wrong = times.indexOf(null);
  if (wrong !== -1)
    return `${given.length === 2 ? '--diff' : '--as-of'} must be ${A_MOMENT}; got "${given[wrong] ?? ''}"`;
  const [first, second] = times;
  if (typeof first !== 'number') return { ...asked, moments: { type: 'now' } };
  if (typeof second !== 'number') return { ...asked, moments: { type: 'asOf', at: first } };
  const [from, to] = first <= second ? [first, second] : [second, first];
  return { ...asked, moments: { type: 'diff', from, to } };
}
