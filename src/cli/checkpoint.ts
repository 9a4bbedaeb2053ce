import { generateKeyPairSync } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { openLog } from '../core.ts';
import type { CliCommand } from '../main.ts';
import { signCheckpoint } from './checkpoint/document.ts';
import { startQuietLog } from './log.ts';
import { settingsOrExit } from './settings.ts';

export const checkpointCommand: CliCommand = {
  usage: `retainer checkpoint

Prints what the whole log adds up to now, signed (Ed25519), as JSON. An auditor keeps it, away from this machine;
'retainer verify --against FILE' proves later that the log since then only grew.

The key is in CHECKPOINT_KEY_FILE (default: checkpoint-key.pem in DATA_DIR) and is made at first use. It is no part of
the database, so that who can change the database cannot sign.
`,
  options: {},
  run: async () => {
    const settings = settingsOrExit();
    const opened = await openLog(settings, startQuietLog(settings));
    try {
      const { audit } = opened.store;
      if (audit === undefined) {
        process.stderr.write(
          'retainer checkpoint: only the log in Postgres keeps hashes; KurrentDB vouches for its own\n',
        );
        return 2;
      }
      const seal = await audit.seal();
      if (seal === null) {
        process.stderr.write('retainer checkpoint: the log is empty\n');
        return 1;
      }
      const key = await signingKey(settings.checkpointKeyFile ?? join(settings.dataDir, 'checkpoint-key.pem'));
      const checkpoint = signCheckpoint(seal, new Date(), key);
      process.stdout.write(`${JSON.stringify(checkpoint, null, 2)}\n`);
      return 0;
    } finally {
      await opened.close();
    }
  },
};

/** The private key in a file, as PEM; made if there is none, readable by its owner alone. */
async function signingKey(file: string): Promise<string> {
  const known = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw new Error(`cannot read CHECKPOINT_KEY_FILE ${file}: ${error.message}`);
  });
  if (known !== null) return known;
  const { privateKey } = generateKeyPairSync('ed25519');
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, pem, { mode: 0o600, flag: 'wx' });
  process.stderr.write(`made a signing key: ${file}\n`);
  return pem;
}
