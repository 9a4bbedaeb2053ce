import { openCore } from '../core.ts';
import { NUMBERED } from '../domain/number.ts';
import type { CliCommand } from '../main.ts';
import type { Database } from '../postgres/pool.ts';
import { idOfNumber } from '../projections/numbers.ts';
import { keyLabels } from '../story/history.ts';
import { findStream, stepsOf } from '../story/replay.ts';
import { startQuietLog } from './log.ts';
import { stepAsJson, stepAsText } from './replay/shownStep.ts';
import { stepThrough } from './replay/stepper.ts';
import { settingsOrExit } from './settings.ts';

const USAGE = `retainer replay ID [--json]

Folds the events of one stream in order and shows the state after each. ID is the id (or number) of a reservation, an assignment,
a HIT, a ProtoHIT, a work request or an API key, or the whole name of any stream, such as presence-ASSIGNMENT.

In a terminal it goes step by step: enter or n for the next event, p for the one before, q to quit. Elsewhere it prints
all of them.

--json     all of them, one JSON object a line, with the events as the log holds them
`;

export const replay: CliCommand = {
  usage: USAGE,
  takesWords: true,
  options: { json: { type: 'boolean' } },
  run: async ({ positionals: [id, ...more], values }) => {
    if (id === undefined || more.length > 0) {
      process.stderr.write(USAGE);
      return 2;
    }
    const settings = settingsOrExit();
    const core = await openCore(settings, startQuietLog(settings), { projector: false, onlyExisting: true });
    let steps: ReturnType<typeof stepsOf>;
    try {
      const found = await findStream(core.store, await withoutNumber(core.db, id));
      if (found === null) {
        process.stderr.write(`retainer replay: nothing in the log goes by the name of "${id}"\n`);
        return 1;
      }
      steps = stepsOf(found.entries, await keyLabels(core.db));
    } finally {
      await core.close();
    }
    const pages = steps.map((step) => stepAsText(step, steps.length));
    if (values['json'] === true)
      process.stdout.write(steps.map((step) => `${JSON.stringify(stepAsJson(step))}\n`).join(''));
    else if (process.stdin.isTTY && process.stdout.isTTY)
      await stepThrough(pages, { input: process.stdin, output: process.stdout });
    else process.stdout.write(pages.join('\n'));
    return 0;
  },
};

/** A number alone is a reservation's; with the kind before it, as `protoHit-7`, that of anything that has one. */
async function withoutNumber(db: Database, name: string): Promise<string> {
  const [, kind = 'reservation', digits] = /^(?:(protoHit|reservation|workRequest)-)?(\d{1,15})$/.exec(name) ?? [];
  const numbered = NUMBERED.find((one) => one === kind);
  if (digits === undefined || numbered === undefined) return name;
  const id = await idOfNumber(db, numbered, Number(digits));
  return id === undefined ? name : `${numbered}-${id}`;
}
