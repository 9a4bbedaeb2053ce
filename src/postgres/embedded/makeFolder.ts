import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Makes a folder and those above it that are missing. Throws a sentence that begins with `setting`, which names the
 * folder. Node's own recursive `mkdir` never ends where a parent exists that takes no folders (`/proc`).
 */
export async function makeFolder(folder: string, setting: string): Promise<void> {
  try {
    await makeWithParents(folder);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new Error(
      `${setting} is ${folder}, where no folder can be made (${code}): set it to one that this user may write to`,
      {
        cause: error,
      },
    );
  }
}

async function makeWithParents(folder: string): Promise<void> {
  try {
    await mkdir(folder);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : '';
    if (code === 'EEXIST' && (await stat(folder)).isDirectory()) return;
    const parent = dirname(folder);
    if (code !== 'ENOENT' || parent === folder || (await exists(parent))) throw error;
    await makeWithParents(parent);
    await makeWithParents(folder);
  }
}

const exists = (folder: string): Promise<boolean> =>
  stat(folder).then(
    () => true,
    () => false,
  );
