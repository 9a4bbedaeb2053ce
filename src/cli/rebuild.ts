import { randomUUID } from 'node:crypto';
import { constants, setPriority, userInfo } from 'node:os';
import { openCore } from '../core.ts';
import type { CliCommand } from '../main.ts';
import { projections } from '../projections/all.ts';
import { rebuild } from '../projections/rebuild.ts';
import { chosenProjections, projectionNames } from './chosenProjections.ts';
import { foldBar } from './foldBar.ts';
import { interruption } from './interruption.ts';
import { startLog } from './log.ts';
import { settingsOrExit } from './settings.ts';

export const rebuildCommand: CliCommand = {
  usage: `retainer rebuild [--restart] [projection…]

Makes the named read models (all of them if none is named) anew from the log, beside the tables in use: the service
goes on with those, and from one moment to the next with the new ones. The log is not touched. Interrupted (Ctrl-C,
kill -9), nothing in use was changed, and the next rebuild goes on from there; with --restart it begins anew.

projections: ${projectionNames}
`,
  takesWords: true,
  options: { restart: { type: 'boolean' } },
  run: async ({ positionals, values }) => {
    const names = chosenProjections('rebuild', positionals);
    if (names === null) return 2;
    const settings = settingsOrExit();
    const log = startLog(settings);
    // Where the cores are shared with a service, its polls go first.
    setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
    const core = await openCore(settings, log, { projector: false, onlyExisting: true });
    const bar = foldBar();
    const context = { actor: `operator:${userInfo().username}`, requestId: randomUUID() } as const;
    try {
      await core.commands.orderRebuild(context, names);
      const report = await rebuild({
        store: core.store,
        db: core.db,
        projections,
        names,
        log,
        restart: values['restart'] === true,
        signal: interruption(),
        onProgress: bar.onProgress,
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
