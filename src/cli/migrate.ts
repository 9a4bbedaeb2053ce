import { openDatabase } from '../core.ts';
import type { CliCommand } from '../main.ts';
import { startQuietLog } from './log.ts';
import { settingsOrExit } from './settings.ts';

export const migrateCommand: CliCommand = {
  usage: `retainer migrate

Brings the database to what this version needs, prints what it did, and stops. 'retainer serve' does the same
at start; run it by itself before a deploy. Safe to run from many machines at once.
`,
  options: {},
  run: async () => {
    const settings = settingsOrExit();
    const database = await openDatabase(settings, startQuietLog(settings));
    await database.close();
    process.stdout.write(
      database.applied.length === 0
        ? 'the database is up to date\n'
        : database.applied.map((name) => `applied ${name}\n`).join(''),
    );
    return 0;
  },
};
