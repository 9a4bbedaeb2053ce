import { openCore } from '../core.ts';
import type { CliCommand } from '../main.ts';
import { projections } from '../projections/all.ts';
import { check } from '../projections/check.ts';
import { reportProjections } from '../projections/report.ts';
import { chosenProjections, projectionNames } from './chosenProjections.ts';
import { foldBar } from './foldBar.ts';
import { interruption } from './interruption.ts';
import { startQuietLog } from './log.ts';
import { settingsOrExit } from './settings.ts';

export const checkCommand: CliCommand = {
  usage: `retainer check [projection…]

Folds the log into scratch tables and compares them row by row with the tables in use, at the position where these
stand. The service goes on meanwhile. Prints the differences, each as one line of JSON, and exits with 1 if there
are any; 'retainer rebuild' mends them. Also exits with 1 if one stands still, which is compared up to there; with
3 if it could not compare.

projections: ${projectionNames}
`,
  takesWords: true,
  failsWith: 3,
  options: {},
  run: async ({ positionals }) => {
    const names = chosenProjections('check', positionals);
    if (names === null) return 2;
    const settings = settingsOrExit();
    const log = startQuietLog(settings);
    const core = await openCore(settings, log, { projector: false, onlyExisting: true });
    const bar = foldBar();
    try {
      const { rows, differences, differing } = await check({
        store: core.store,
        db: core.db,
        projections,
        names,
        log,
        signal: interruption(),
        onProgress: bar.onProgress,
      });
      bar.stop();
      for (const difference of differences) process.stdout.write(`${JSON.stringify(difference)}\n`);
      for (const [table, compared] of Object.entries(rows)) {
        const different = differing[table] ?? 0;
        process.stderr.write(
          `${table}: ${compared === 1 ? '1 row' : `${compared} rows`}, ${different === 0 ? 'as the log says' : `${different} differ`}\n`,
        );
      }
      const report = await reportProjections({ db: core.db, store: core.store, projections, now: core.clock() });
      const stopped = report.filter(({ name, state }) => state === 'stopped' && names.includes(name));
      for (const { name, stop } of stopped)
        process.stderr.write(
          `${name} stands still before ${stop?.type} at position ${stop?.position}, and was compared up to there: ` +
            "see 'retainer projections'\n",
        );
      return differences.length + stopped.length === 0 ? 0 : 1;
    } finally {
      bar.stop();
      await core.close();
    }
  },
};
