import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

type Environment = Readonly<Record<string, string>>;
type Ended = { readonly code: number | null; readonly signal: NodeJS.Signals | null };

/** The service as operators run it: a process of its own, from the build (`npm test` builds first). */
export type ServiceProcess = {
  readonly url: string;
  /** What it has told whoever started it. */
  readonly said: () => string;
  /** What it has logged so far. */
  readonly log: () => string;
  /** As `kill -9`: it has no say in it. */
  readonly kill: () => Promise<void>;
  /** As an orchestrator asks it to stop; answers how it ended. */
  readonly terminate: () => Promise<Ended>;
  /** It hangs, knowing nothing of it, until it is woken up. */
  readonly hang: () => void;
  readonly wakeUp: () => void;
};

/** What services write down beside a database of ours: not into the checkout. */
const dataDir = mkdtempSync(join(tmpdir(), 'retainer-processes-'));
process.once('exit', () => rmSync(dataDir, { recursive: true, force: true }));

const running = new Set<ChildProcess>();

function start(args: readonly string[], environment: Environment, input?: string) {
  const inherited = { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '' };
  const child = spawn(process.execPath, ['dist/main.js', ...args], {
    env: { ...inherited, DATA_DIR: dataDir, ...environment },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.end(input);
  running.add(child);
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const ended = once(child, 'close').then(([code, signal]): Ended => {
    running.delete(child);
    return { code, signal };
  });
  return { child, ended, stdout: () => stdout, stderr: () => stderr };
}

/** Starts `retainer serve` on a free port and waits until it says that it is ready. */
export async function startServiceProcess(environment: Environment): Promise<ServiceProcess> {
  const { child, ended, stdout, stderr } = start(['serve'], { PORT: '0', ...environment });
  const ready = new Promise<undefined>((resolve) => {
    child.stdout.on('data', () => {
      if (stdout().includes('ready after')) resolve(undefined);
    });
  });
  const end = await Promise.race([ready, ended]);
  const url = /^API +(http\S+)$/m.exec(stdout())?.[1];
  if (url === undefined)
    throw new Error(`the service did not start (${end?.signal ?? end?.code}): ${stderr() || stdout()}`);
  const sent = (signal: NodeJS.Signals): Promise<Ended> => {
    child.kill(signal);
    return ended;
  };
  return {
    url,
    said: stdout,
    log: stderr,
    kill: async () => {
      await sent('SIGKILL');
    },
    terminate: () => sent('SIGTERM'),
    hang: () => void child.kill('SIGSTOP'),
    wakeUp: () => void child.kill('SIGCONT'),
  };
}

/** Runs a command of the command line to its end. */
export async function runRetainer(
  args: readonly string[],
  environment: Environment,
  input?: string,
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const { ended, stdout, stderr } = start(args, environment, input);
  const { code } = await ended;
  return { code, stdout: stdout(), stderr: stderr() };
}

/** Starts a command of the command line, to be killed while it works. */
export function startRetainer(args: readonly string[], environment: Environment): { kill: () => Promise<Ended> } {
  const { child, ended } = start(args, environment);
  return {
    kill: () => {
      child.kill('SIGKILL');
      return ended;
    },
  };
}

/** Nothing that a failed test started outlives it. */
export async function killLeftOvers(): Promise<void> {
  await Promise.all(
    [...running].map(async (child) => {
      const gone = once(child, 'close');
      child.kill('SIGKILL');
      await gone;
    }),
  );
}
