import { Presets, SingleBar } from 'cli-progress';
import { openCore } from '../core.ts';
import type { CliCommand } from '../main.ts';
import { projections } from '../projections/all.ts';
import { rebuild } from '../projections/rebuild.ts';
import { startLog } from './log.ts';
import { settingsOrExit } from './settings.ts';

export const rebuildCommand: CliCommand = {
  usage: `retainer rebuild [projection…]

Empties the named read models (all of them if none is named) and folds the whole log into them again. The log is
not touched. Whoever reads a table while it is rebuilt waits until it is done; the service's other tables go on.
If it is interrupted, the old tables are there as they were.

projections: ${projections.map(({ name }) => name).join(', ')}
`,
  options: {},
  run: async ({ positionals }) => {
    const unknown = positionals.filter((name) => !projections.some((one) => one.name === name));
    if (unknown.length > 0) {
      const known = projections.map(({ name }) => name).join(', ');
      process.stderr.write(`retainer rebuild: there is no projection "${unknown.join('", "')}"; there are ${known}\n`);
      return 2;
    }
    const settings = settingsOrExit();
    const log = startLog(settings);
    const core = await openCore(settings, log, { projector: false });
    const bar = new SingleBar(
      { format: '{name} [{bar}] {percentage}% | {value}/{total} events | {rate}/s | {eta_formatted} left' },
      Presets.shades_classic,
    );
    process.stdout.write('rebuilding; queries on a table being rebuilt wait until it is done\n');
    try {
      const report = await rebuild({
        store: core.store,
        db: core.db,
        projections,
        names: positionals.length > 0 ? positionals : projections.map(({ name }) => name),
        log,
        onProgress: ({ name, done, total, ratePerSecond }) => {
          if (!bar.isActive) bar.start(total, done, { name, rate: 0 });
          bar.setTotal(total);
          bar.update(done, { name, rate: Math.round(ratePerSecond) });
        },
      });
      bar.stop();
      process.stdout.write(`${JSON.stringify(report)}\n`);
      return 0;
    } finally {
      bar.stop();
      await core.close();
    }
  },
};
