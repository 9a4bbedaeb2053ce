import { readFile } from 'node:fs/promises';
import { Presets, SingleBar } from 'cli-progress';
import { openCore } from '../core.ts';
import type { CliCommand } from '../main.ts';
import { type Checkpoint, readCheckpoint } from './checkpoint/document.ts';
import { interruption } from './interruption.ts';
import { startLog } from './log.ts';
import { settingsOrExit } from './settings.ts';

export const verifyCommand: CliCommand = {
  usage: `retainer verify [--against FILE]

Computes the hash of every event and of every batch of the log anew, and names the first that is not what was written.
With --against, a file that 'retainer checkpoint' printed: proves besides that the log since then only grew.

Exits with 0 if all fits, with 1 at the first misfit.
`,
  options: { against: { type: 'string' } },
  run: async ({ values }) => {
    const file = values['against'];
    const against = typeof file === 'string' ? await checkpointIn(file) : undefined;
    if (against === null) return 2;
    const settings = settingsOrExit();
    const core = await openCore(settings, startLog(settings), { projector: false });
    const bar = new SingleBar(
      { format: 'verifying [{bar}] {percentage}% | {value}/{total} events | {eta_formatted} left' },
      Presets.shades_classic,
    );
    try {
      const { audit } = core.store;
      if (audit === undefined) {
        process.stderr.write('retainer verify: only the log in Postgres keeps hashes; KurrentDB vouches for its own\n');
        return 2;
      }
      const verified = await audit.verify({
        against,
        signal: interruption(),
        onProgress: ({ done, total }) => (bar.isActive ? bar.update(done) : bar.start(total, done)),
      });
      bar.stop();
      if (verified.type === 'misfit') {
        const { position, event, what } = verified.misfit;
        const which = event === null ? '' : ` (${event.type}, revision ${event.revision} of ${event.stream})`;
        process.stdout.write(`misfit at position ${BigInt(position)}${which}: ${what}\n`);
        return 1;
      }
      const { seal, prunedUntil, prunedUnsealed } = verified;
      process.stdout.write(
        `the log is as it was written: ${seal.events} events up to position ${BigInt(seal.position)}\n`,
      );
      if (seal.pruned > 0) {
        const until = prunedUntil === null ? '' : `, recorded until ${new Date(prunedUntil).toISOString()}`;
        process.stdout.write(`${seal.pruned} pings were pruned${until}; their hashes fit\n`);
      }
      if (prunedUnsealed > 0)
        process.stdout.write(
          `${prunedUnsealed} of them were pruned before the log kept hashes: nothing is known of those\n`,
        );
      if (against)
        process.stdout.write(
          `since the checkpoint of ${against.at} at position ${BigInt(against.position)} it only grew\n`,
        );
      process.stdout.write(`hash ${seal.hash}\n`);
      return 0;
    } finally {
      bar.stop();
      await core.close();
    }
  },
};

async function checkpointIn(file: string): Promise<Checkpoint | null> {
  const text = await readFile(file, 'utf8').catch((error: Error) => error);
  const read = text instanceof Error ? { type: 'bad' as const, reason: text.message } : readCheckpoint(text);
  if (read.type === 'checkpoint') return read.checkpoint;
  process.stderr.write(`retainer verify: ${file} is no checkpoint to verify against: ${read.reason}\n`);
  return null;
}
