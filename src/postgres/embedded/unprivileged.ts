import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** Runs PostgreSQL's programs as a user they agree to run as. */
export type Runner = {
  /** Answers with what the program printed; throws with what it complained of. */
  readonly run: (program: string, args: readonly string[]) => Promise<string>;
  /** Starts a program that outlives us, with a session of its own, so that Ctrl-C in our terminal spares it. */
  readonly start: (program: string, args: readonly string[], output: number) => ChildProcess;
  /** Whom the program's files must belong to; null if we are that user ourselves. */
  readonly owner: User | null;
};

type User = { readonly uid: number; readonly gid: number };

/**
 * PostgreSQL refuses to run as root, so as root its programs run as the owner of the data folder, else as the user
 * `postgres`, else `nobody`. Where that user cannot reach our folders (a checkout under /root), the programs keep
 * root's right to look past file modes and nothing else of it (Linux capability CAP_DAC_OVERRIDE, set by
 * util-linux's `setpriv`; the securebit lets access(2) count it, by which initdb looks for its programs). Where there is
 * `setpriv`, whatever they start can gain no right that they lack.
 * Throws a sentence when the programs do not run on this machine, or nobody but us can reach the folders.
 */
export async function asUnprivileged({
  postgres,
  home,
  data,
}: {
  postgres: string;
  home: string;
  data: string;
}): Promise<Runner> {
  const ourselves = runner([], {}, null);
  await ourselves.run(postgres, ['--version']).catch((error: Error) => {
    throw new Error(
      `the embedded PostgreSQL does not run on this machine (it needs glibc): ${error.message}. ` +
        'Set DATABASE_URL to a PostgreSQL 14 or newer.',
    );
  });
  const uid = process.getuid?.();
  // As anybody but root we cannot look into somebody else's data folder, but we see whose it is.
  const owner = await ownerOf(uid === 0 ? join(data, 'PG_VERSION') : data);
  if (uid !== 0) {
    if (owner !== null && uid !== undefined && owner.uid !== uid)
      throw new Error(`${data} belongs to user ${owner.uid}: start as that user, or set DATA_DIR`);
    const confined = runner(['setpriv', '--no-new-privs'], {}, null);
    return (await reaches(confined, postgres, home)) ? confined : ourselves;
  }
  if (await isAloneInNamespace())
    throw new Error(
      'this is root of a user namespace with nobody else in it, and PostgreSQL does not run as root: start as another user, ' +
        'give the namespace more users, or set DATABASE_URL',
    );
  if (owner?.uid === 0)
    throw new Error(`${data} belongs to root, and PostgreSQL does not run as root: chown -R it to another user`);
  const user = owner ?? (await defaultUser());
  const becoming = ['setpriv', '--clear-groups', `--reuid=${user.uid}`, `--regid=${user.gid}`, '--no-new-privs'];
  const candidates = [
    runner([...becoming, '--inh-caps=-all', '--bounding-set=-all'], {}, user),
    runner([], user, user),
    runner([...becoming, ...PAST_FILE_MODES], {}, user),
  ];
  for (const candidate of candidates) {
    if (await reaches(candidate, postgres, home)) return candidate;
  }
  throw new Error(
    `PostgreSQL does not run as root, and user ${user.uid} cannot reach ${home} or ${postgres}. ` +
      'Move the project to a folder that other users may enter, or set DATABASE_URL.',
  );
}

const PAST_FILE_MODES = [
  ...['--securebits=+no_setuid_fixup', '--bounding-set=-all,+dac_override'],
  ...['--inh-caps=-all,+dac_override', '--ambient-caps=+dac_override'],
];

/** `unshare -r`, and containers made so: its map of users has one line of length one. */
async function isAloneInNamespace(): Promise<boolean> {
  // Elsewhere than on Linux there is no such file.
  const map = await readFile('/proc/self/uid_map', 'utf8').catch(() => '');
  return /^\s*\d+\s+\d+\s+1\s*$/.test(map);
}

async function reaches({ run }: Runner, postgres: string, home: string): Promise<boolean> {
  try {
    await run('test', ['-x', postgres, '-a', '-x', home]);
    return true;
  } catch {
    // Whatever the reason, this is not a way to run it.
    return false;
  }
}

function runner(prefix: readonly string[], ids: Partial<User>, owner: User | null): Runner {
  const options = { ...ids, cwd: '/', env: environment() };
  const split = (program: string, args: readonly string[]): [string, string[]] => {
    const [first = program, ...rest] = [...prefix, program, ...args];
    return [first, rest];
  };
  return {
    run: async (program, args) => {
      const { stdout } = await execute(...split(program, args), options).catch((error: Error & { stderr?: string }) => {
        throw new Error(error.stderr?.trim() || error.message, { cause: error });
      });
      return stdout;
    },
    start: (program, args, output) =>
      spawn(...split(program, args), { ...options, detached: true, stdio: ['ignore', output, output] }),
    owner,
  };
}

/** Neither our credentials nor PG… variables are the server's business. */
function environment(): NodeJS.ProcessEnv {
  const kept = ['PATH', 'SystemRoot', 'LD_LIBRARY_PATH'].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value]];
  });
  return { ...Object.fromEntries(kept), LC_ALL: 'C' };
}

async function ownerOf(path: string): Promise<User | null> {
  try {
    const { uid, gid } = await stat(path);
    return { uid, gid };
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

async function defaultUser(): Promise<User> {
  const users = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  const user = users.find(([name]) => name === 'postgres') ?? users.find(([name]) => name === 'nobody');
  return { uid: Number(user?.[2] ?? 65_534), gid: Number(user?.[3] ?? 65_534) };
}
