import { readFile } from 'node:fs/promises';
import type { Settings } from '../config/settings.ts';
import { openLog } from '../core.ts';
import type { Pruned } from '../event-store/audit.ts';
import { identityOf } from '../event-store/identity.ts';
import type { EventStore } from '../event-store/port.ts';
import type { CliCommand } from '../main.ts';
import { type Checkpoint, readCheckpoint } from './checkpoint/document.ts';
import { newestKept } from './checkpoint/kept.ts';
import { interruption } from './interruption.ts';
import { startQuietLog } from './log.ts';
import { progressBar } from './progressBar.ts';
import { settingsOrExit } from './settings.ts';
import { version } from './version.ts';

export const verifyCommand: CliCommand = {
  usage: `retainer verify [--against FILE [--signed-by PUBLICKEY]]

Computes the hash of every event and of every batch of the log anew, and names the first that is not what was written.
Without --against it looks for the newest checkpoint that a service kept in DATA_DIR. With it, a file that 'retainer checkpoint' printed: proves besides that the log since then only grew.
With --signed-by, the publicKey of a checkpoint that you trust: FILE has to be signed by that key, not by just any.

Exits with 0 if all fits, with 1 at the first misfit, or if pings went before PRESENCE_RETENTION_DAYS were over, with 2 if FILE is no checkpoint or not signed as it has to
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
      const own = against === undefined ? await ownCheckpoint(opened.store, settings) : undefined;
      const verified = await audit.verify({
        against: against ?? own,
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
      const early = prunedEarly(pruned, settings, Date.now());
      if (early !== null) {
        process.stdout.write(`misfit: ${early}\n`);
        return 1;
      }
      if (against)
        process.stdout.write(
          `since the checkpoint of ${against.at} at position ${against.position} it only grew\n` +
            `that was signed by ${against.publicKey}${signedBy === undefined ? ': see that you know this key' : ''}\n`,
        );
      else if (own)
        process.stdout.write(
          `since the service's own checkpoint of ${own.at} at position ${own.position} it only grew\n` +
            'whoever may write to DATA_DIR too could have made that: keep one elsewhere, and verify --against it\n',
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

const DAY_MS = 86_400_000;

/** Retention takes away what is old enough, so what is gone and was younger than that was taken by somebody else. */
function prunedEarly(
  pruned: Pruned | null,
  { presenceRetentionDays: days }: Pick<Settings, 'presenceRetentionDays'>,
  now: number,
): string | null {
  const until = pruned?.until ?? null;
  if (until === null || until <= now - days * DAY_MS) return null;
  return (
    `pings recorded until ${new Date(until).toISOString()} are gone, although pings are kept for ${days} days ` +
    '(PRESENCE_RETENTION_DAYS): unless that was less when they went, somebody took them away before their time'
  );
}

/** The newest that a service kept on this machine, signed by its key; none if there is none, or it is not to be trusted. */
async function ownCheckpoint(store: EventStore, settings: Settings): Promise<Checkpoint | undefined> {
  // Whose log it is may be the very thing that was changed.
  const identity = await identityOf(store, { version }).catch(() => null);
  const newest = identity === null ? null : await newestKept(settings, identity.logId);
  if (newest === null) return undefined;
  if ('checkpoint' in newest) return newest.checkpoint;
  process.stderr.write(`retainer verify: ${newest.file} is no checkpoint any more: ${newest.reason}\n`);
  return undefined;
}

/** `signedBy`: the only key that will do; null: any. */
async function checkpointIn(file: string, signedBy: string | null): Promise<Checkpoint | null> {
  const text = await readFile(file, 'utf8').catch((error: Error) => error);
  const read = text instanceof Error ? { type: 'bad' as const, reason: text.message } : readCheckpoint(text, signedBy);
  if (read.type === 'checkpoint') return read.checkpoint;
  process.stderr.write(`retainer verify: ${file} is no checkpoint to verify against: ${read.reason}\n`);
  return null;
}
