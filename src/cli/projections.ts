import { randomUUID } from 'node:crypto';
import { userInfo } from 'node:os';
import { openCore } from '../core.ts';
import type { CliCommand } from '../main.ts';
import { projections } from '../projections/all.ts';
import { type ProjectionReport, reportProjections } from '../projections/report.ts';
import { momentInWords } from '../story/moment.ts';
import { projectionNames } from './chosenProjections.ts';
import { startQuietLog } from './log.ts';
import { settingsOrExit } from './settings.ts';

const USAGE = `retainer projections [--json]       each read model: version, checkpoint, lag, size, and its last error
retainer projections retry [NAME]   let those that stand still (or that one) try their event again
retainer projections skip NAME [POSITION]
                                    let one pass over the event before which it, or its rebuild, stands still, now and
                                    in every rebuild; with POSITION only if it is that event
retainer projections unskip NAME POSITION
                                    let it take that event again, from its next rebuild on

A projection that cannot apply an event stands still there; the others go on.

projections: ${projectionNames}
`;

export const projectionsCommand: CliCommand = {
  usage: USAGE,
  takesWords: true,
  options: { json: { type: 'boolean' } },
  run: async ({ positionals: [action = 'list', name, at, ...more], values }) => {
    const chosen = name === undefined ? projections : projections.filter((one) => one.name === name);
    const isKnown =
      ['list', 'retry', 'skip', 'unskip'].includes(action) &&
      more.length === 0 &&
      (at === undefined ? action !== 'unskip' : action === 'skip' || action === 'unskip') &&
      chosen.length > 0;
    if (!isKnown || (action === 'skip' && name === undefined)) {
      const unknown = `there is no projection "${name}"; there are ${projectionNames}\n`;
      process.stderr.write(chosen.length > 0 ? USAGE : `retainer projections: ${unknown}`);
      return 2;
    }
    const settings = settingsOrExit();
    const core = await openCore(settings, startQuietLog(settings), { projector: false, onlyExisting: true });
    const context = { actor: `operator:${userInfo().username}`, requestId: randomUUID() } as const;
    try {
      if (action === 'retry') {
        const retried = await core.commands.retryReadModels(context, chosen);
        process.stdout.write(retried.length > 0 ? `tries again: ${retried.join(', ')}\n` : 'none stands still\n');
        return 0;
      }
      const [only] = chosen;
      if (action === 'skip' && only !== undefined) {
        const skipped = await core.commands.skipEvent(context, only, at ?? null);
        process.stdout.write(
          skipped === null
            ? `${only.name} does not stand still${at === undefined ? '' : ` before position ${at}`}, nor does a rebuild of it: nothing was skipped\n`
            : `${only.name} passes over ${skipped.type} at position ${skipped.position}\n`,
        );
        return skipped === null ? 1 : 0;
      }
      if (action === 'unskip' && only !== undefined && at !== undefined) {
        const lifted = await core.commands.liftSkip(context, only, at);
        process.stdout.write(
          lifted === null
            ? `${only.name} passes over no event at position ${at}\n`
            : `${only.name} takes ${lifted.type} at position ${lifted.position} again once it is rebuilt\n`,
        );
        return lifted === null ? 1 : 0;
      }
      const report = await reportProjections({ db: core.db, store: core.store, projections, now: core.clock() });
      process.stdout.write(values['json'] === true ? `${JSON.stringify(report, null, 2)}\n` : table(report));
      return report.some(({ state, rebuild }) => state === 'stopped' || (rebuild?.stop ?? null) !== null) ? 1 : 0;
    } finally {
      await core.close();
    }
  },
};

const HEADINGS = ['projection', 'version', 'state', 'checkpoint', 'lag events', 'lag s', 'rows', 'MiB', 'last error'];

function table(report: readonly ProjectionReport[]): string {
  const lines = report.map(({ name, version, state, position, lagEvents, lagSeconds, rows, bytes, lastError }) =>
    [
      name,
      version,
      state,
      shortened(position),
      lagEvents,
      lagSeconds.toFixed(1),
      rows,
      (bytes / 2 ** 20).toFixed(1),
      lastError === null ? 'none' : momentInWords(lastError.at),
    ].map(String),
  );
  const widths = HEADINGS.map((heading, column) =>
    Math.max(heading.length, ...lines.map((cells) => cells[column]?.length ?? 0)),
  );
  const row = (cells: readonly string[]): string =>
    `${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}\n`;
  const notes = report.flatMap(({ name, version, stop, lastError, skipped, rebuild }) => [
    ...(stop === null ? [] : [`${name} stands still before position ${shortened(stop.position)}: ${stop.error}\n`]),
    ...(stop !== null || lastError === null ? [] : [`${name} goes on; its last error was: ${lastError.error}\n`]),
    ...skipped.map(
      ({ type, position, by }) => `${name} passes over ${type} at position ${shortened(position)}, as ${by} said\n`,
    ),
    ...(rebuild === null
      ? []
      : rebuild.stop === null
        ? [`${name} v${version} is being made anew: ${rebuild.lagEvents} events left\n`]
        : [
            `the rebuild of ${name} stands still before position ${shortened(rebuild.stop.position)}: ${rebuild.stop.error}\n`,
          ]),
  ]);
  return [row(HEADINGS), ...lines.map(row), ...notes].join('');
}

/** A position without the zeros that pad it. */
const shortened = (position: string): string => (position === '' ? 'beginning' : position.replace(/^0+(?=\d)/, ''));
