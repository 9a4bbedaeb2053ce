import { openCore } from '../core.ts';
import type { CliCommand } from '../main.ts';
import { schedulerDependencies } from '../recruiting.ts';
import { createScheduler } from '../scheduler/scheduler.ts';
import { startLog } from './log.ts';
import { settingsOrExit } from './settings.ts';

export const tick: CliCommand = {
  usage: `retainer tick

One round of the scheduler's work: times out reservations nobody invoked, decides which HITs to post and to
expire, carries that out on the marketplace, and reconciles with what the marketplace lists.

'retainer serve' does this by itself every SCHEDULER_INTERVAL_SECONDS. Those who prefer cron start their nodes with
SCHEDULER_INTERVAL_SECONDS=0 and put this in a crontab:

  * * * * * retainer tick >> /var/log/retainer-tick.log 2>&1

Two rounds that overlap decide the same HITs, not twice as many.
`,
  options: {},
  run: async () => {
    const settings = settingsOrExit();
    const log = startLog(settings);
    const core = await openCore(settings, log, { onlyExisting: true });
    try {
      await createScheduler(schedulerDependencies(core, settings, log)).tick();
      return 0;
    } finally {
      await core.close();
    }
  },
};
