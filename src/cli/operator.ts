import { randomUUID } from 'node:crypto';
import { userInfo } from 'node:os';
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { Password } from '../commands/passwords.ts';
import { openCore } from '../core.ts';
import { OperatorName } from '../domain/operator.ts';
import type { CliCommand } from '../main.ts';
import { startQuietLog } from './log.ts';
import { settingsOrExit } from './settings.ts';

const USAGE = `retainer operator add NAME        let somebody sign in to the pages; asks for a password
retainer operator password NAME   give them another password, and end their sessions
retainer operator remove NAME     let them in no more, from now on
retainer operator list            who may sign in

The password is read from the terminal, or from the first line of standard input: at least 10 characters.
`;

export const operatorCommand: CliCommand = {
  usage: USAGE,
  takesWords: true,
  options: {},
  run: async ({ positionals: [action = '', written, ...more] }) => {
    const isKnown = action === 'list' ? written === undefined : ['add', 'password', 'remove'].includes(action);
    if (!isKnown || more.length > 0 || (action !== 'list' && written === undefined)) {
      process.stderr.write(USAGE);
      return 2;
    }
    const name = OperatorName.safeParse(written);
    if (action !== 'list' && !name.success) {
      process.stderr.write(`"${written}" is no name: it ${name.error.issues[0]?.message ?? 'does not fit'}\n`);
      return 2;
    }
    const password = action === 'add' || action === 'password' ? Password.safeParse(await readPassword()) : undefined;
    if (password?.success === false) {
      process.stderr.write('the password must have 10 to 256 characters\n');
      return 2;
    }
    const settings = settingsOrExit();
    const core = await openCore(settings, startQuietLog(settings), { onlyExisting: action !== 'add' });
    const context = { actor: `operator:${userInfo().username}`, requestId: randomUUID() } as const;
    try {
      if (!name.success) {
        const { rows } = await core.db.query<{ name: string; added_at: Date }>(
          'select name, added_at from retainer.operators order by name',
        );
        for (const { name, added_at } of rows) process.stdout.write(`${name}  added ${added_at.toISOString()}\n`);
        if (rows.length === 0) process.stdout.write('nobody may sign in yet: retainer operator add NAME\n');
        return 0;
      }
      const operator = name.data;
      const result = !password
        ? await core.commands.removeOperator(context, { operator })
        : action === 'add'
          ? await core.commands.addOperator(context, { operator, password: password.data })
          : await core.commands.changeOperatorPassword(context, { operator, password: password.data });
      if (result.type === 'refused') {
        process.stderr.write(`retainer operator ${action}: ${result.refusal.message}\n`);
        return 1;
      }
      process.stdout.write('done\n');
      return 0;
    } finally {
      await core.close();
    }
  },
};

/** Nothing that is typed shows on the terminal. */
async function readPassword(): Promise<string> {
  const isTerminal = process.stdin.isTTY === true;
  if (isTerminal) process.stderr.write('password: ');
  const output = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output, terminal: isTerminal });
  try {
    for await (const line of lines) return line;
    return '';
  } finally {
    lines.close();
    if (isTerminal) process.stderr.write('\n');
  }
}
