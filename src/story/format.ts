import { csvOf } from './csv.ts';
import type { Bystanders } from './gather.ts';
import type { StoryLine } from './line.ts';
import { valueInWords } from './states.ts';
import type { PersonTold, Story, StoryDiff } from './story.ts';

/** How a story can be had. */
export const FORMATS = ['text', 'json', 'ndjson', 'csv'] as const;
export type Format = (typeof FORMATS)[number];

export const MEDIA_TYPES: Readonly<Record<Format, string>> = {
  text: 'text/plain; charset=utf-8',
  json: 'application/json',
  ndjson: 'application/x-ndjson',
  csv: 'text/csv; charset=utf-8; header=present',
};

type Options = {
  /** With the events as the log holds them. What cannot be understood is shown raw in any case. */
  readonly raw: boolean;
  /** Text names bystanders too. JSON names them in any case. */
  readonly all: boolean;
};

/** Of whom such a story has to know; lines are of nobody but its own. */
export const bystandersIn = (format: Format, all: boolean): Bystanders =>
  all ? 'all' : format === 'json' ? 'first' : 'counted';

/** A story for people (text) or machines. */
export function showStory(story: Story, format: Format, { raw, all }: Options): string {
  switch (format) {
    case 'text':
      return storyAsText(story, { raw, all });
    case 'json':
      return `${JSON.stringify({ ...story, lines: story.lines.map((line) => shownLine(line, raw)) })}\n`;
    case 'ndjson':
      return asLines(story.lines, raw);
    case 'csv':
      return asCsv(story.lines, raw);
  }
}

/** What changed between two moments. As NDJSON and CSV: the lines in between. */
export function showDiff(diff: StoryDiff, format: Format, { raw, all }: Options): string {
  switch (format) {
    case 'text':
      return diffAsText(diff, { raw, all });
    case 'json':
      return `${JSON.stringify({ ...diff, lines: diff.lines.map((line) => shownLine(line, raw)) })}\n`;
    case 'ndjson':
      return asLines(diff.lines, raw);
    case 'csv':
      return asCsv(diff.lines, raw);
  }
}

const asLines = (lines: readonly StoryLine[], raw: boolean): string =>
  lines.map((line) => `${JSON.stringify(shownLine(line, raw))}\n`).join('');

const COLUMNS = ['line', 'time', 'who', 'what', 'why', 'becauseOfLine', 'stream', 'revision', 'position', 'type', 'id'];

const asCsv = (lines: readonly StoryLine[], raw: boolean): string =>
  csvOf(
    [...COLUMNS, 'unreadable', ...(raw || lines.some(({ unreadable }) => unreadable) ? ['raw'] : [])],
    lines.map((line) => shownLine(line, raw)),
  );

const shownLine = ({ raw, ...line }: StoryLine, withRaw: boolean): Readonly<Record<string, unknown>> =>
  withRaw || line.unreadable ? { ...line, raw } : line;

function storyAsText(
  { reservationId, asOf, summary, state, people, bystanders, lines }: Story,
  { raw, all }: Options,
): string {
  const heading = `Reservation ${reservationId}, ${asOf === null ? 'as it is known now' : `as it was known at ${asOf}`}`;
  return [
    heading,
    '='.repeat(heading.length),
    summary,
    '',
    'State',
    ...Object.entries(state).map(([field, value]) => `  ${field}: ${valueInWords(field, value)}`),
    '',
    ...peopleAsText(
      people.filter(({ touched }) => touched || all).map(personAsText),
      bystanders,
      all,
      'nobody came for it',
    ),
    '',
    'Story',
    ...lines.flatMap((line) => lineAsText(line, raw)),
    '',
  ].join('\n');
}

/** Its own people; of those who stood by how many there were, unless they are named too. */
const peopleAsText = (
  people: readonly (readonly string[])[],
  bystanders: number,
  all: boolean,
  none: string,
): readonly string[] => [
  people.length === 0 ? `People: ${none}` : 'People',
  ...people.flat(),
  ...(all || bystanders === 0 ? [] : [`  ${othersInWords(bystanders)} (--all, or all=true, names them)`]),
];

const othersInWords = (bystanders: number): string =>
  bystanders === 1 ? '1 other waited at the time' : `${bystanders} others waited at the time`;

const personAsText = ({ workerId, assignmentId, touched, called, paid }: PersonTold): readonly string[] => [
  `  Worker ${workerId}, assignment ${assignmentId}${touched ? '' : ' (waited at the time)'}`,
  `    ${called}`,
  `    ${paid}`,
];

const lineAsText = ({ line, time, who, what, why, stream, raw, unreadable }: StoryLine, withRaw: boolean) => [
  `${String(line).padStart(4)}  ${time}  ${what}`,
  `      by ${who}; because of ${why}; in ${stream}`,
  ...(withRaw || unreadable ? [`      ${JSON.stringify(raw)}`] : []),
];

function diffAsText(
  { reservationId, from, to, state, people, bystanders, lines }: StoryDiff,
  { raw, all }: Options,
): string {
  const heading = `Reservation ${reservationId}, what changed from ${from} to ${to}`;
  return [
    heading,
    '='.repeat(heading.length),
    state.length === 0 ? 'State: nothing changed' : 'State',
    ...state.map(
      ({ field, before, after }) => `  ${field}: ${valueInWords(field, before)} -> ${valueInWords(field, after)}`,
    ),
    '',
    ...peopleAsText(
      people
        .filter(({ after }) => after.touched || all)
        .map(({ before, after }) => [
          `  Worker ${after.workerId}, assignment ${after.assignmentId}`,
          ...changed(before?.called, after.called),
          ...changed(before?.paid, after.paid),
        ]),
      bystanders,
      all,
      'nothing changed',
    ),
    '',
    lines.length === 0 ? 'Story: nothing happened' : 'Story',
    ...lines.flatMap((line) => lineAsText(line, raw)),
    '',
  ].join('\n');
}

const changed = (before: string | undefined, after: string): readonly string[] =>
  before === undefined || before === after ? [`    ${after}`] : [`    was: ${before}`, `    now: ${after}`];
