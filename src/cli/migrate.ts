import { openDatabase } from '../core.ts';
import { isPostgres } from '../eventStore.ts';
import type { CliCommand } from '../main.ts';
import { migrate } from '../postgres/migrate.ts';
import { startQuietLog } from './log.ts';
import { settingsOrExit } from './settings.ts';

export const migrateCommand: CliCommand = {
  usage: `retainer migrate

Brings the database, and EVENT_STORE_URL if that is a PostgreSQL, to what this version needs, prints what it did, and
stops. 'retainer serve' does the same at start; run it by itself before a deploy. Safe to run from many machines at once.
`,
  options: {},
  run: async () => {
    const settings = settingsOrExit();
    const log = startQuietLog(settings);
    const database = await openDatabase(settings, log);
    await database.close();
    const logUrl = settings.eventStoreUrl;
    // A KurrentDB needs nothing set up.
    const applied = [
      ...database.applied.map((name) => `applied ${name}\n`),
      ...(logUrl && isPostgres(logUrl)
        ? (await migrate(logUrl, log)).map((name) => `applied ${name} to EVENT_STORE_URL\n`)
        : []),
    ];
    process.stdout.write(applied.length === 0 ? 'the database is up to date\n' : applied.join(''));
    return 0;
  },
};
