import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { BenchResult } from './result.ts';

/** What a run has found, and on what. */
export type Report = {
  readonly machine: {
    readonly cpu: string;
    readonly cores: number;
    readonly memoryGiB: number;
    readonly node: string;
    readonly postgres: string | undefined;
  };
  readonly commit: string;
  readonly results: readonly BenchResult[];
};

const at = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const README = at('README.md');
const LATEST = at('bench/results/latest.json');
const FIGURES = at('docs/performance.md');
const TABLE = /(?<=<!-- The table of bench\/results\/latest\.json -->\n).*?(?=<!-- -->)/s;

/** What a user asks first: the benchmarks that the README shows, each by its name and the beginning of its reference. */
const FIRST: readonly (readonly [name: string, against: string])[] = [
  ['dispatch, 100 waiting', 'polling'],
  ['dispatch, 1,000 waiting', 'bare'],
  ['dispatch, 10,000 waiting', 'bare'],
  ['append', 'emmett'],
  ['commands', ''],
  ['memory, 10,000 waiting', ''],
  ['rebuild', ''],
  ['polls during a rebuild, p99', ''],
  ['start, empty folder', ''],
  ['start, after kill -9, 1,000,000 events', ''],
];

export const latestReport = async (): Promise<Report> => JSON.parse(await readFile(LATEST, 'utf8'));

const shown = (value: number): string => (value >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(2));

/** The figures that a user asks for first, as a table in Markdown. */
export function firstFiguresOf({ machine, results }: Report): string {
  const rows = FIRST.map(([name, against]) =>
    results.find((row) => row.name === name && row.against.startsWith(against)),
  );
  return [
    `${machine.cores} cores, Node ${machine.node}, PostgreSQL ${machine.postgres}; client, server and database share the cores:`,
    '',
    '| | ours | reference | against |',
    '|---|---|---|---|',
    ...rows.flatMap((row) =>
      row ? `| ${row.name} | ${shown(row.ours)} ${row.unit} | ${shown(row.reference)} | ${row.against} |` : [],
    ),
    '',
  ].join('\n');
}

/** A report's figures as a table in Markdown. */
export function tableOf({ machine, results }: Report): string {
  return [
    `${machine.cores} cores (${machine.cpu}), Node ${machine.node}, PostgreSQL ${machine.postgres}; client, server and database share the cores:`,
    '',
    '| benchmark | ours | reference | against | ratio | goal | |',
    '|---|---|---|---|---|---|---|',
    ...results.map(
      ({ name, ours, reference, unit, against, ratio, goal, met }) =>
        `| ${name} | ${shown(ours)} ${unit} | ${shown(reference)} | ${against} | ${ratio.toFixed(2)} | ${goal} | ${met ? 'met' : 'missed'} |`,
    ),
    '',
  ].join('\n');
}

/** The tables that the README and the page on performance show. */
export const shownTables = async (): Promise<readonly (string | undefined)[]> =>
  Promise.all([README, FIGURES].map(async (file) => TABLE.exec(await readFile(file, 'utf8'))?.[0]));

/** Keeps a report of everything as the latest, and shows it in the README and on the page on performance. */
export async function keep(report: Report): Promise<void> {
  await writeFile(LATEST, `${JSON.stringify(report, null, 2)}\n`);
  for (const [file, table] of [
    [README, firstFiguresOf(report)],
    [FIGURES, tableOf(report)],
  ] as const)
    await writeFile(
      file,
      (await readFile(file, 'utf8')).replace(TABLE, () => table),
    );
}
