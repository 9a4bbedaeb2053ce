import { parseArgs } from 'node:util';
import { nearest } from './config/nearest.ts';
import { SETTINGS } from './config/settings.ts';

/** A command of the command line: what it is for in one line, all of its usage, and what it does. */
export type CliCommand = {
  readonly usage: string;
  readonly options: NonNullable<Parameters<typeof parseArgs>[0]>['options'];
  /** Takes words that are no options, and says itself what is wrong with them. Default: any word is refused. */
  readonly takesWords?: true;
  /** The exit code when it cannot go on, where scripts have to tell that from what it found. Default: 1. */
  readonly failsWith?: number;
  /** Answers with the exit code. */
  readonly run: (input: { positionals: readonly string[]; values: Record<string, unknown> }) => Promise<number>;
};

/** Imported only when called for: `retainer config` need not load a marketplace's SDK. */
const COMMANDS: Readonly<Record<string, { does: string; load: () => Promise<CliCommand> }>> = {
  serve: {
    does: 'start a node: the API, the pages, the projector, the scheduler',
    load: async () => (await import('./cli/serve.ts')).serve,
  },
  demo: {
    does: 'watch the whole story once: recruit, wait, invoke, work, pay',
    load: async () => (await import('./cli/demo.ts')).demo,
  },
  tick: {
    does: "do one round of the scheduler's work, for those who prefer cron",
    load: async () => (await import('./cli/tick.ts')).tick,
  },
  migrate: {
    does: 'bring the database up to date and stop',
    load: async () => (await import('./cli/migrate.ts')).migrateCommand,
  },
  rebuild: {
    does: 'rebuild read models from the log',
    load: async () => (await import('./cli/rebuild.ts')).rebuildCommand,
  },
  projections: {
    does: 'list the read models with their lag; retry or skip where one stands still',
    load: async () => (await import('./cli/projections.ts')).projectionsCommand,
  },
  check: {
    does: 'compare the read models with what the log makes of them',
    load: async () => (await import('./cli/check.ts')).checkCommand,
  },
  history: {
    does: 'tell the whole story of a reservation: who was called, who was paid, why not',
    load: async () => (await import('./cli/history.ts')).history,
  },
  replay: {
    does: 'fold the events of a stream one by one, and show the state after each',
    load: async () => (await import('./cli/replay.ts')).replay,
  },
  export: {
    does: 'write the events of the log as JSON, one a line, and follow it',
    load: async () => (await import('./cli/export.ts')).exportCommand,
  },
  key: { does: 'issue, list and revoke API keys', load: async () => (await import('./cli/key.ts')).key },
  verify: {
    does: 'prove that the log is as it was written',
    load: async () => (await import('./cli/verify.ts')).verifyCommand,
  },
  checkpoint: {
    does: 'print what the log adds up to, signed, for an auditor to keep',
    load: async () => (await import('./cli/checkpoint.ts')).checkpointCommand,
  },
  'migrate-store': {
    does: 'copy the log to another store',
    load: async () => (await import('./cli/migrateStore.ts')).migrateStoreCommand,
  },
  doctor: {
    does: 'look at a live installation and say what is wrong with it',
    load: async () => (await import('./cli/doctor.ts')).doctorCommand,
  },
  operator: {
    does: 'say who may sign in to the pages',
    load: async () => (await import('./cli/operator.ts')).operatorCommand,
  },
  config: {
    does: 'print the settings in effect, secrets hidden',
    load: async () => (await import('./cli/config.ts')).config,
  },
};

const HELP = `retainer: people on call for software.

  retainer <command> [options]

${Object.entries(COMMANDS)
  .map(([name, { does }]) => `  ${name.padEnd(13)} ${does}`)
  .join('\n')}

  retainer <command> --help   how a command is used
  retainer --version

Settings come from the environment and from a file .env in the current folder;
'retainer config' lists them all with what each is for. None is needed to start:

  retainer serve              then open what it prints
`;

async function main(argv: readonly string[]): Promise<number> {
  const [name, ...rest] = argv;
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    process.stdout.write(HELP);
    return name === undefined ? 2 : 0;
  }
  if (name === '--version') {
    const { version } = await import('./cli/version.ts');
    process.stdout.write(`${version}\n`);
    return 0;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) {
    process.stderr.write(`retainer: there is no command "${name}"${orWhich(name, Object.keys(COMMANDS), '')}\n`);
    return 2;
  }
  const { usage, options, takesWords = false, failsWith = 1, run } = await command.load();
  const wanted = { ...options, help: { type: 'boolean', short: 'h' } } as const;
  let parsed: { positionals: string[]; values: Record<string, unknown> };
  try {
    parsed = parseArgs({ args: [...rest], options: wanted, allowPositionals: true });
  } catch (error) {
    process.stderr.write(`retainer ${name}: ${wrongOption(error, rest, Object.keys(wanted))}\n\n${usage}`);
    return 2;
  }
  if (parsed.values['help'] === true) {
    process.stdout.write(usage);
    return 0;
  }
  const [stray] = parsed.positionals;
  if (stray !== undefined && !takesWords) {
    process.stderr.write(`retainer ${name}: what is "${stray}" for?\n\n${usage}`);
    return 2;
  }
  return run(parsed).catch((error: unknown) => {
    process.stderr.write(`retainer: ${explain(error)}\n`);
    return failsWith;
  });
}

/** What is wrong with the options, as one who looks for the right one needs it. */
function wrongOption(error: unknown, written: readonly string[], known: readonly string[]): string {
  const said = error instanceof Error ? error.message : String(error);
  const name = /^Unknown option '--?([^'\s=]+)'/.exec(said)?.[1];
  if (name === undefined) return said;
  const dashes = written.some((word) => word.startsWith(`--${name}`)) ? '--' : '-';
  const variable = name.toUpperCase().replaceAll('-', '_');
  if (Object.values(SETTINGS).some((setting) => setting.variable === variable))
    return `there is no option ${dashes}${name}: it is a setting, ${variable}=… in the environment or in a file .env`;
  return `there is no option ${dashes}${name}${orWhich(name, known, '--')}`;
}

/** What was meant by a name that is none, or which there are. */
const orWhich = (name: string, known: readonly string[], prefix: string): string => {
  const meant = nearest(name, known);
  if (meant !== null) return `; did you mean ${prefix}${meant}?`;
  return known.length === 1
    ? `; there is ${prefix}${known[0]}`
    : `; there are ${known.map((one) => prefix + one).join(', ')}`;
};

/** What an operator is told when a command cannot go on: a sentence, and the stack only when asked for. */
const explain = (error: unknown): string =>
  error instanceof Error ? (process.env['DEBUG'] ? (error.stack ?? error.message) : error.message) : String(error);

// The SDK's reminder that Node 20 is old is for those who choose versions (package.json pins one that runs on it).
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';

// Whoever reads no further (head, a closed pager) has had enough: that is no failure of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    process.stderr.write(`retainer: ${explain(error)}\n`);
    process.exitCode = 1;
  },
);
