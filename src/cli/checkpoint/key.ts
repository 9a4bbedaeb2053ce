import { generateKeyPairSync } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Settings } from '../../config/settings.ts';
import { makeFolder } from '../../postgres/embedded/makeFolder.ts';

type Where = Pick<Settings, 'checkpointKeyFile' | 'dataDir'>;

/** The private key that signs checkpoints, as PEM; made if there is none, readable by its owner alone. */
export async function signingKey({
  checkpointKeyFile,
  dataDir,
}: Where): Promise<{ pem: string; madeIn: string | null }> {
  const file = checkpointKeyFile ?? join(dataDir, 'checkpoint-key.pem');
  const known = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw new Error(`cannot read CHECKPOINT_KEY_FILE ${file}: ${error.message}`);
  });
  if (known !== null) return { pem: known, madeIn: null };
  const { privateKey } = generateKeyPairSync('ed25519');
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  await makeFolder(dirname(file), checkpointKeyFile === undefined ? 'DATA_DIR' : 'the folder of CHECKPOINT_KEY_FILE');
  await writeFile(file, pem, { mode: 0o600, flag: 'wx' });
  return { pem, madeIn: file };
}
