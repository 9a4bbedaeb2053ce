import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Settings } from '../../config/settings.ts';
import type { Instant } from '../../domain/ids.ts';
import { identityOf } from '../../event-store/identity.ts';
import type { EventStore } from '../../event-store/port.ts';
import { makeFolder } from '../../postgres/embedded/makeFolder.ts';
import { version } from '../version.ts';
import { type Checkpoint, readCheckpoint, signCheckpoint } from './document.ts';
import { signingKey } from './key.ts';

const HOUR_MS = 3_600_000;

type Where = Pick<Settings, 'checkpointKeyFile' | 'dataDir' | 'checkpointHours'>;

/** Checkpoints of a log that services kept beside this one: a folder of its own, for a data folder may outlive a log. */
const folderOf = ({ dataDir }: Pick<Where, 'dataDir'>, logId: string): string => join(dataDir, 'checkpoints', logId);

/** A moment is the name of a file: in order, and without the colons that some systems mind. */
const nameOf = (at: string): string => `${at.replaceAll(':', '-')}.json`;

/** The newest checkpoint that was kept of a log, if it can be read; with its file. */
export async function newestKept(
  where: Pick<Where, 'dataDir'>,
  logId: string,
): Promise<{ file: string; checkpoint: Checkpoint } | { file: string; reason: string } | null> {
  const folder = folderOf(where, logId);
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const newest = names
    .filter((name) => name.endsWith('.json'))
    .toSorted()
    .at(-1);
  if (newest === undefined) return null;
  const file = join(folder, newest);
  const read = readCheckpoint(await readFile(file, 'utf8'));
  return read.type === 'checkpoint' ? { file, checkpoint: read.checkpoint } : { file, reason: read.reason };
}

/** Takes a checkpoint if the newest is old enough. Answers in how many milliseconds the next is due. */
export async function takeIfDue(
  store: Pick<EventStore, 'audit' | 'read' | 'first'>,
  where: Where,
  { now, log }: { now: Instant; log: Logger },
): Promise<number> {
  const every = where.checkpointHours * HOUR_MS;
  const identity = await identityOf(store, { version });
  const seal = identity === null ? null : await store.audit?.seal();
  if (identity === null || !seal) return every;
  const newest = await newestKept(where, identity.logId);
  const due = newest !== null && 'checkpoint' in newest ? Date.parse(newest.checkpoint.at) + every : now;
  if (due > now) return due - now;
  const { pem } = await signingKey(where);
  const checkpoint = signCheckpoint(seal, new Date(now), pem);
  const folder = folderOf(where, identity.logId);
  await makeFolder(folder, 'the folder of checkpoints');
  const file = join(folder, nameOf(checkpoint.at));
  await writeFile(`${file}.new`, `${JSON.stringify(checkpoint, null, 2)}\n`, { mode: 0o600 });
  await rename(`${file}.new`, file);
  log.info({ file, position: checkpoint.position }, 'took a checkpoint of the log');
  return every;
}

/** Takes checkpoints as long as the service runs, CHECKPOINT_HOURS apart; each node its own. */
export async function keepCheckpoints(
  store: EventStore,
  where: Where,
  { signal, log }: { signal: AbortSignal; log: Logger },
): Promise<void> {
  if (where.checkpointHours === 0 || store.audit === undefined) return;
  while (!signal.aborted) {
    const next = await takeIfDue(store, where, { now: Date.now(), log }).catch((error: unknown) => {
      log.warn({ err: error }, 'no checkpoint of the log could be taken; trying again in an hour');
      return HOUR_MS;
    });
    await sleep(Math.min(next, HOUR_MS), undefined, { signal }).catch(() => {});
  }
}
