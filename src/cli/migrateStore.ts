import { Presets, SingleBar } from 'cli-progress';
import { copyLog } from '../event-store/copy.ts';
import { openEventStore } from '../eventStore.ts';
import type { CliCommand } from '../main.ts';
import { interruption } from './interruption.ts';
import { startLog } from './log.ts';
import { settingsOrExit } from './settings.ts';

const USAGE = `retainer migrate-store --from URL --to URL

Copies the log from one store to another, Postgres or KurrentDB, and compares both stream by stream at the end. Stop
the service first: what is appended meanwhile is not copied. Interrupted, even by kill -9, it begins again and copies
nothing twice. Afterwards start the service with EVENT_STORE_URL naming the new store.
`;

export const migrateStoreCommand: CliCommand = {
  usage: USAGE,
  options: { from: { type: 'string' }, to: { type: 'string' } },
  run: async ({ values: { from, to } }) => {
    if (typeof from !== 'string' || typeof to !== 'string' || from === to) {
      process.stderr.write(USAGE);
      return 2;
    }
    const settings = settingsOrExit();
    const log = startLog(settings);
    const source = await openEventStore(from, { settings, log });
    const target = await openEventStore(to, { settings, log }).catch(async (error: unknown) => {
      await source.close();
      throw error;
    });
    const bar = new SingleBar(
      { format: '{what} [{bar}] {percentage}% | {value}/{total} events | {eta_formatted} left' },
      Presets.shades_classic,
    );
    try {
      const report = await copyLog({
        from: source.store,
        to: target.store,
        signal: interruption(),
        onProgress: ({ done, total, what }) => {
          if (!bar.isActive) bar.start(total, done, { what });
          bar.setTotal(total);
          bar.update(done, { what });
        },
      });
      bar.stop();
      const { events, streams, different } = report;
      if (different.length > 0) {
        process.stderr.write(
          `${different.length} of ${streams} streams differ: ${different.slice(0, 10).join(', ')}\n`,
        );
        return 1;
      }
      process.stdout.write(`${events} events in ${streams} streams are in both stores, and the same\n`);
      return 0;
    } finally {
      bar.stop();
      await Promise.all([source.close(), target.close()]);
    }
  },
};
