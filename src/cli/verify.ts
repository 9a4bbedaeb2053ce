import { readFile } from 'node:fs/promises';
import { openLog } from '../core.ts';
import type { Pruned } from '../event-store/audit.ts';
import type { CliCommand } from '../main.ts';
import { type Checkpoint, readCheckpoint } from './checkpoint/document.ts';
import { interruption } from './interruption.ts';
import { startQuietLog } from './log.ts';
import { progressBar } from './progressBar.ts';
import { settingsOrExit } from './settings.ts';

export const verifyCommand: CliCommand = {
  usage: `retainer verify [--against FILE [--signed-by PUBLICKEY]]

Computes the hash of every event and of every batch of the log anew, and names the first that is not what was written.
With --against, a file that 'retainer checkpoint' printed: proves besides that the log since then only grew.
With --signed-by, the publicKey of a checkpoint that you trust: FILE has to be signed by that key, not by just any.

Exits with 0 if all fits, with 1 at the first misfit, with 2 if FILE is no checkpoint or not signed as it has to
be, with 3 if the log could not be looked at.
`,
  failsWith: 3,
  options: { against: { type: 'string' }, 'signed-by': { type: 'string' } },
  run: async ({ values }) => {
    const { against: file, 'signed-by': signedBy } = values;
    if (typeof signedBy === 'string' && typeof file !== 'string') {
      process.stderr.write('retainer verify: --signed-by says whose --against FILE has to be: name that file too\n');
      return 2;
    }
    const against =
      typeof file === 'string' ? await checkpointIn(file, typeof signedBy === 'string' ? signedBy : null) : undefined;
    if (against === null) return 2;
    const settings = settingsOrExit();
    const opened = await openLog(settings, startQuietLog(settings));
    const bar = progressBar({ before: 'verifying' });
    try {
      const { audit } = opened.store;
      if (audit === undefined) {
        process.stderr.write('retainer verify: only the log in Postgres keeps hashes; KurrentDB vouches for its own\n');
        return 2;
      }
      const verified = await audit.verify({
        against,
        signal: interruption(),
        onProgress: bar.show,
      });
      bar.stop();
      if (verified.type === 'misfit') {
        const { position, event, what } = verified.misfit;
        const which = event === null ? '' : ` (${event.type}, revision ${event.revision} of ${event.stream})`;
        process.stdout.write(`misfit at position ${position}${which}: ${what}\n`);
        return 1;
      }
      const { seal, pruned } = verified;
      process.stdout.write(`the log is as it was written: ${seal.events} events up to position ${seal.position}\n`);
      if (pruned !== null) process.stdout.write(prunedInWords(seal.pruned, pruned));
      if (against)
        process.stdout.write(
          `since the checkpoint of ${against.at} at position ${against.position} it only grew\n` +
            `that was signed by ${against.publicKey}${signedBy === undefined ? ': see that you know this key' : ''}\n`,
        );
      else process.stdout.write('whether events are missing at its end, only --against a checkpoint can tell\n');
      process.stdout.write(`hash ${seal.hash}\n`);
      return 0;
    } finally {
      bar.stop();
      await opened.close();
    }
  },
};

function prunedInWords(count: number, { first, last, until, unproven }: Pruned): string {
  const span = `${count} events between positions ${first} and ${last} were pruned`;
  const proven = count - unproven;
  const recorded = until === null ? '' : `, recorded until ${new Date(until).toISOString()}`;
  return [
    `${span}\n`,
    ...(proven > 0 ? [`${proven} of them are proven to have been pings${recorded}\n`] : []),
    ...(unproven > 0
      ? [`${unproven} were pruned before the log kept what proves that: nothing is known of them\n`]
      : []),
  ].join('');
}

/** `signedBy`: the only key that will do; null: any. */
async function checkpointIn(file: string, signedBy: string | null): Promise<Checkpoint | null> {
  const text = await readFile(file, 'utf8').catch((error: Error) => error);
  const read = text instanceof Error ? { type: 'bad' as const, reason: text.message } : readCheckpoint(text, signedBy);
  if (read.type === 'checkpoint') return read.checkpoint;
  process.stderr.write(`retainer verify: ${file} is no checkpoint to verify against: ${read.reason}\n`);
  return null;
}
