import { rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { FIRST_OPERATOR_FILE } from '../../commands/signIns.ts';
import { makeFolder } from '../../postgres/embedded/makeFolder.ts';

/**
 * Where the one-time link is told: a line for a terminal. Anywhere else output is kept, by journals and containers, for
 * longer than the link is secret: there it goes into a file that only its owner reads, and its path is told. Null for
 * the link when there is an operator: then a file of an earlier start goes.
 */
export async function tellFirstOperatorLink(
  link: string | null,
  { isTerminal, dataDir }: { isTerminal: boolean; dataDir: string },
): Promise<readonly string[]> {
  const file = resolve(join(dataDir, FIRST_OPERATOR_FILE));
  if (link === null || isTerminal) await rm(file, { force: true });
  if (link === null) return [];
  const lasts = 'good for a day and for one use; a newer start makes another';
  if (isTerminal) return [`The first operator's link, ${lasts}:`, `  ${link}`];
  try {
    await makeFolder(dataDir, 'DATA_DIR');
    const making = `${file}.${process.pid}`;
    await writeFile(making, `${link}\n`, { mode: 0o600 });
    await rename(making, file);
  } catch (error) {
    return [
      `The first operator's link could not be written (${error instanceof Error ? error.message : error}): ` +
        "add one with 'retainer operator add NAME'",
    ];
  }
  return [`The first operator's link, ${lasts}, is in ${file}`];
}
