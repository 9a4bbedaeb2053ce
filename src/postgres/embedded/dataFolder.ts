import { randomBytes } from 'node:crypto';
import { chown, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Binaries } from './binaries.ts';
import { freePort } from './ports.ts';
import type { Runner } from './unprivileged.ts';

/** What it takes to connect: kept in `postgres.json`, which only its owner reads. */
export type Access = { readonly password: string; readonly port: number };

const AccessFile = z.object({ password: z.string().min(1), port: z.int().min(1).max(65_535) });

/**
 * The data folder `home/postgres`, made if it was not there, and how to connect to the server on it.
 * Whatever else is found in its place is refused with the way out, never touched.
 */
export async function openDataFolder({
  home,
  data,
  binaries,
  runner,
}: {
  home: string;
  data: string;
  binaries: Binaries;
  runner: Runner;
}): Promise<Access> {
  const written = await readAccess(home);
  const version = await unlessMissing(readFile(join(data, 'PG_VERSION'), 'utf8'));
  if (version === null) {
    const content = await unlessMissing(readdir(data));
    if (content !== null && content.length > 0)
      throw new Error(`${data} is not a PostgreSQL data folder: move it away, or set DATA_DIR to another folder`);
    const access = written ?? { password: randomBytes(24).toString('hex'), port: await freePort() };
    if (written === null) await writeAccess(home, access);
    await initialise({ home, data, binaries, runner, password: access.password });
    return access;
  }
  await refuseOtherMajor({ data, found: version.trim(), binaries, runner });
  if (written !== null) return written;
  throw new Error(
    `${join(home, 'postgres.json')} is missing: it holds the password of the server on ${data}. ` +
      'Restore it, or run your own PostgreSQL on that folder and set DATABASE_URL.',
  );
}

/** In one step, so that a crash leaves the old file or the new one. */
export async function writeAccess(home: string, access: Access): Promise<void> {
  const file = join(home, 'postgres.json');
  await writeFile(`${file}.new`, `${JSON.stringify(access)}\n`, { mode: 0o600 });
  await rename(`${file}.new`, file);
}

async function readAccess(home: string): Promise<Access | null> {
  const file = join(home, 'postgres.json');
  const text = await unlessMissing(readFile(file, 'utf8'));
  if (text === null) return null;
  try {
    return AccessFile.parse(JSON.parse(text));
  } catch (error) {
    throw new Error(`${file} does not hold a password and a port: restore it`, { cause: error });
  }
}

async function refuseOtherMajor({
  data,
  found,
  binaries,
  runner,
}: {
  data: string;
  found: string;
  binaries: Binaries;
  runner: Runner;
}): Promise<void> {
  const ours = /(\d+)\.\d+/.exec(await runner.run(binaries.postgres, ['--version']))?.[1];
  if (found === ours) return;
  throw new Error(
    `${data} was written by PostgreSQL ${found}, this version of the service brings PostgreSQL ${ours}. ` +
      `Dump it with PostgreSQL ${found} (pg_dump), move the folder away, start, and restore; or run your own ` +
      `PostgreSQL ${found} on that folder and set DATABASE_URL.`,
  );
}

/** Made beside its place and moved there whole: an interrupted start leaves nothing that looks like a data folder. */
async function initialise({
  home,
  data,
  binaries,
  runner: { run, owner },
  password,
}: {
  home: string;
  data: string;
  binaries: Binaries;
  runner: Runner;
  password: string;
}): Promise<void> {
  const making = `${data}.new`;
  const passwordFile = join(home, 'postgres.password');
  await rm(making, { recursive: true, force: true });
  await mkdir(making, { mode: 0o700 });
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  if (owner) for (const path of [making, passwordFile]) await chown(path, owner.uid, owner.gid);
  try {
    await run(binaries.initdb, [
      ...['-D', making, '-U', 'postgres', '--pwfile', passwordFile],
      ...['--auth', 'scram-sha-256', '--encoding', 'UTF8', '--locale', 'C', '--no-instructions'],
    ]).catch((error: Error) => {
      throw NAMELESS.test(error.message) ? new Error(namelessUser(owner), { cause: error }) : error;
    });
    await rename(making, data);
  } finally {
    await rm(passwordFile, { force: true });
    await rm(making, { recursive: true, force: true });
  }
}

/** What initdb says to a user without an entry in the list of users, as containers with a number for a user have. */
const NAMELESS = /could not look up effective user ID/;

const namelessUser = (owner: Runner['owner']): string =>
  `this user (${owner?.uid ?? process.geteuid?.()}) has no entry in /etc/passwd, which PostgreSQL's initdb wants: run as a user ` +
  'that has one (in a container `--user node`, or add a line), or set DATABASE_URL';

/** Missing is one answer; a folder that cannot be read is a failure, or a data folder would pass for none. */
async function unlessMissing<T>(reading: Promise<T>): Promise<T | null> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}
