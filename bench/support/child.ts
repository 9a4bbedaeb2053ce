import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const TSX = fileURLToPath(new URL('../../node_modules/.bin/tsx', import.meta.url));

/** Runs one side in a process of its own; answers with the JSON it prints last. */
export async function side<T>(script: string, ...args: readonly string[]): Promise<T> {
  const child = spawn(TSX, [fileURLToPath(new URL(`../sides/${script}`, import.meta.url)), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let last = '';
  for await (const line of createInterface({ input: child.stdout })) last = line;
  await new Promise((resolve) => (child.exitCode === null ? child.once('exit', resolve) : resolve(null)));
  if (child.exitCode !== 0) throw new Error(`${script} ended with ${child.exitCode}: ${last}`);
  return JSON.parse(last);
}

export type Server = {
  readonly url: string;
  readonly pid: number;
  readonly process: ChildProcess;
  readonly stop: () => Promise<void>;
};

/** Starts a server that prints its address, and waits for it. */
export async function startServer(
  command: string,
  args: readonly string[],
  { env = {}, cwd = process.cwd() }: { env?: Record<string, string>; cwd?: string } = {},
): Promise<Server> {
  const child = spawn(command, [...args], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env }, cwd });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => {
    errors = (errors + chunk.toString()).slice(-2_000);
  });
  const url = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const found = /https?:\/\/[\d.:]+/.exec(line)?.[0];
      if (found !== undefined) resolve(found);
    });
    child.once('exit', (code) => reject(new Error(`${command} ${args.join(' ')} ended with ${code}: ${errors}`)));
  });
  return {
    url,
    pid: child.pid ?? 0,
    process: child,
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await ended;
    },
  };
}

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

/** The service itself, built, on a database, quiet. */
export const startRetainer = (databaseUrl: string, env: Record<string, string> = {}): Promise<Server> =>
  startServer(process.execPath, [MAIN, 'serve'], {
    env: { DATABASE_URL: databaseUrl, PORT: '0', LOG_LEVEL: 'warn', SCHEDULER_INTERVAL_SECONDS: '0', ...env },
  });

/** A reference server under bench/sides. */
export const startReference = (script: string): Promise<Server> =>
  startServer(TSX, [fileURLToPath(new URL(`../sides/${script}`, import.meta.url))]);
