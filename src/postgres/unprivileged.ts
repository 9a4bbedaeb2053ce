import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** Runs a program and answers with what it printed; throws with what it complained of. */
export type Runner = {
  (program: string, args: readonly string[]): Promise<string>;
  /** Whom the program's files must belong to; null if we are that user ourselves. */
  readonly owner: { readonly uid: number; readonly gid: number } | null;
};

/**
 * PostgreSQL refuses to run as root, so as root its programs run as the user `postgres`, else `nobody`. Where that
 * user cannot reach our folders (a checkout under /root), the programs keep root's right to look past file modes
 * and nothing else of it (Linux capability CAP_DAC_OVERRIDE, set by util-linux's `setpriv`).
 */
export async function asUnprivileged({ mustReach }: { mustReach: readonly string[] }): Promise<Runner> {
  if (process.getuid?.() !== 0) return Object.assign(runner([], {}), { owner: null });
  const owner = await userIds();
  const plain = runner([], owner);
  const reaches = await Promise.all(
    mustReach.map((path) =>
      plain('test', ['-r', path]).then(
        () => true,
        () => false,
      ),
    ),
  );
  if (reaches.every(Boolean)) return Object.assign(plain, { owner });
  const privileged = runner(
    [
      'setpriv',
      `--reuid=${owner.uid}`,
      `--regid=${owner.gid}`,
      '--clear-groups',
      '--inh-caps=+dac_override',
      '--ambient-caps=+dac_override',
    ],
    {},
  );
  await privileged('test', ['-r', mustReach[0] ?? '/']).catch(() => {
    throw new Error(
      `PostgreSQL does not run as root, and the user it would run as cannot reach ${mustReach.join(' or ')}. ` +
        'Move the project to a folder that other users may enter, or set DATABASE_URL.',
    );
  });
  return Object.assign(privileged, { owner });
}

const runner =
  (prefix: readonly string[], ids: { uid?: number; gid?: number }) =>
  async (program: string, args: readonly string[]): Promise<string> => {
    const [first = program, ...rest] = [...prefix, program, ...args];
    const { stdout } = await execute(first, rest, { ...ids, cwd: '/', env: { ...process.env, LC_ALL: 'C' } });
    return stdout;
  };

async function userIds(): Promise<{ uid: number; gid: number }> {
  const users = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  const user = users.find(([name]) => name === 'postgres') ?? users.find(([name]) => name === 'nobody');
  return { uid: Number(user?.[2] ?? 65_534), gid: Number(user?.[3] ?? 65_534) };
}
