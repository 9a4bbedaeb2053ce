import { openLog } from '../core.ts';
import type { CliCommand } from '../main.ts';
import { signCheckpoint } from './checkpoint/document.ts';
import { signingKey } from './checkpoint/key.ts';
import { startQuietLog } from './log.ts';
import { settingsOrExit } from './settings.ts';

export const checkpointCommand: CliCommand = {
  usage: `retainer checkpoint

Prints what the whole log adds up to now, signed (Ed25519), as JSON. An auditor keeps it, away from this machine;
'retainer verify --against FILE' proves later that the log since then only grew.

A running service keeps one every CHECKPOINT_HOURS, in checkpoints/ in DATA_DIR, which 'retainer verify' looks at by itself.

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
      const { pem, madeIn } = await signingKey(settings);
      if (madeIn !== null) process.stderr.write(`made a signing key: ${madeIn}\n`);
      const checkpoint = signCheckpoint(seal, new Date(), pem);
      process.stdout.write(`${JSON.stringify(checkpoint, null, 2)}\n`);
      return 0;
    } finally {
      await opened.close();
    }
  },
};
