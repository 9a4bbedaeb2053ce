import { chmod, copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { asUnprivileged } from '../../src/postgres/embedded/unprivileged.ts';

test('programs run as nobody of importance, yet reach what only we may enter', async () => {
  // As under /root, the home of whoever clones a project in a fresh container.
  const home = await mkdtemp(join(tmpdir(), 'retainer-home-'));
  await chmod(home, 0o700);
  const program = join(home, 'program');
  await copyFile('/bin/true', program);
  await chmod(program, 0o700);
  await writeFile(join(home, 'ours'), 'found', { mode: 0o600 });
  const { run } = await asUnprivileged({ postgres: program, home, data: join(home, 'postgres') });
  expect(await run('id', ['-u'])).not.toBe('0\n');
  expect(await run('cat', [join(home, 'ours')])).toBe('found');
  // initdb looks for the server beside itself by access(2), which heeds capabilities only if told to.
  await run('test', ['-x', program]);
  await rm(home, { recursive: true });
});

test('programs get neither our credentials nor PG variables', async () => {
  process.env['AWS_SECRET_ACCESS_KEY'] = 'secret';
  process.env['PGDATA'] = '/elsewhere';
  const home = await mkdtemp(join(tmpdir(), 'retainer-home-'));
  const { run } = await asUnprivileged({ postgres: '/bin/true', home, data: join(home, 'postgres') });
  const printed = await run('env', []);
  expect(printed).toMatch(/^PATH=/m);
  expect(printed).not.toMatch(/AWS_|PGDATA/);
  delete process.env['AWS_SECRET_ACCESS_KEY'];
  delete process.env['PGDATA'];
  await rm(home, { recursive: true });
});

test('a program that does not run here is reported with the way out', async () => {
  const home = await mkdtemp(join(tmpdir(), 'retainer-home-'));
  await expect(asUnprivileged({ postgres: join(home, 'none'), home, data: join(home, 'postgres') })).rejects.toThrow(
    /does not run on this machine .* Set DATABASE_URL to a PostgreSQL 14 or newer/,
  );
  await rm(home, { recursive: true });
});
