import { A_LOG_URL, isLogUrl } from '../config/values.ts';
import { copyLog } from '../event-store/copy.ts';
import { isPostgres, openEventStore } from '../eventStore.ts';
import type { CliCommand } from '../main.ts';
import { expectMigrated, migrate } from '../postgres/migrate.ts';
import { interruption } from './interruption.ts';
import { startLog } from './log.ts';
import { progressBar } from './progressBar.ts';
import { settingsOrExit } from './settings.ts';

const USAGE = `retainer migrate-store --from URL --to URL

Copies the log from one store to another, Postgres or KurrentDB, and compares both stream by stream at the end. Stop
the service first: what is appended meanwhile is not copied, and is an error. Interrupted, even by kill -9, it goes on where it was when
it is called again, and copies nothing twice. Afterwards start the service with EVENT_STORE_URL naming the new store.
`;

export const migrateStoreCommand: CliCommand = {
  usage: USAGE,
  options: { from: { type: 'string' }, to: { type: 'string' } },
  run: async ({ values: { from, to } }) => {
    if (typeof from !== 'string' || typeof to !== 'string') {
      process.stderr.write(USAGE);
      return 2;
    }
    const wrong = whatIsWrong(from, to);
    if (wrong !== null) {
      process.stderr.write(`retainer migrate-store: ${wrong}\n`);
      return 2;
    }
    const settings = settingsOrExit();
    const log = startLog(settings);
    const source = await openEventStore(from, { settings, prepare: expectMigrated, log });
    const target = await openEventStore(to, { settings, prepare: migrate, log }).catch(async (error: unknown) => {
      await source.close();
      throw error;
    });
    const bar = progressBar({ before: '{what}' });
    try {
      const report = await copyLog({
        from: source.store,
        to: target.store,
        signal: interruption(),
        onProgress: ({ what, ...progress }) => bar.show(progress, { what }),
      });
      bar.stop();
      const { events, streams, different, grew } = report;
      if (different.length > 0) {
        process.stderr.write(
          `${different.length} of ${streams} streams differ: ${different.slice(0, 10).join(', ')}\n`,
        );
        return 1;
      }
      process.stdout.write(`${events} events in ${streams} streams are in both stores, and the same\n`);
      if (grew) {
        process.stderr.write(
          'retainer migrate-store: somebody wrote to --from meanwhile: stop the service there, and call this again\n',
        );
        return 1;
      }
      if (isPostgres(to))
        process.stdout.write("its chain of hashes begins anew: take a new 'retainer checkpoint' of it\n");
      return 0;
    } finally {
      bar.stop();
      await Promise.all([source.close(), target.close()]);
    }
  },
};

function whatIsWrong(from: string, to: string): string | null {
  if (!isLogUrl(from)) return `--from must be ${A_LOG_URL}`;
  if (!isLogUrl(to)) return `--to must be ${A_LOG_URL}`;
  return placeOf(from) === placeOf(to) ? '--to must be another store than --from' : null;
}

/** Where a store is: who asks, and options in its URL, make no other store of it. Several hosts are no URL to parse. */
const placeOf = (url: string): string =>
  url
    .replace(/\?.*$/, '')
    .replace(/^postgresql:/, 'postgres:')
    .replace(/\/\/[^@/]*@/, '//')
    .replace(/^(postgres:\/\/[^/:]+)(?=\/|$)/, '$1:5432');
