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
const TABLE = /(?<=<!-- The table of bench\/results\/latest\.json -->\n).*?(?=<!-- -->)/s;

export const latestReport = async (): Promise<Report> => JSON.parse(await readFile(LATEST, 'utf8'));

/** A report's figures as a table in Markdown. */
export function tableOf({ machine, results }: Report): string {
  const shown = (value: number): string => (value >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(2));
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

/** The table that the README shows. */
export const shownTable = async (): Promise<string | undefined> => TABLE.exec(await readFile(README, 'utf8'))?.[0];

/** Keeps a report of everything as the latest, and shows it in the README. */
export async function keep(report: Report): Promise<void> {
  await writeFile(LATEST, `${JSON.stringify(report, null, 2)}\n`);
  const readme = await readFile(README, 'utf8');
  await writeFile(
    README,
    readme.replace(TABLE, () => tableOf(report)),
  );
}
