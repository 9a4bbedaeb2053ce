import { readFileSync } from 'node:fs';
import { parseEnvText } from './envLines.ts';

/** Variables as the environment or a file gives them. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** What the file `.env` of the current folder sets; nothing if there is none. Throws a sentence if it is no text. */
export const readEnvFile = (file = '.env'): Variables => parseEnvText(readEnvText(file));

/**
 * The text of the file, empty if there is none. Throws a sentence for the operator if it cannot be read, or is not
 * UTF-8: read in another encoding its lines would set nothing, without a word.
 */
export function readEnvText(file = '.env'): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code === 'ENOENT') return '';
    if (code === 'EISDIR') throw new Error(`${file} is a folder: settings are lines of a text file of that name`);
    if (code === 'EACCES' || code === 'EPERM')
      throw new Error(`${file} cannot be read (${code}): let this user read it, or move it away`);
    throw error;
  }
  const text = decoded(bytes);
  if (text === null) throw new Error(`${file} is not UTF-8 text: save it as UTF-8`);
  return text;
}

/** Without its byte order mark. Null if it is another encoding: UTF-16 without a mark is valid UTF-8 full of NULs. */
function decoded(bytes: Buffer): string | null {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return text.includes('\0') ? null : text;
  } catch {
    // The decoder's only complaint.
    return null;
  }
}

/** Hands to libraries, which look only into the environment, what the file sets for them; the environment goes first. */
export function lendToLibraries(file: Variables, environment: NodeJS.ProcessEnv): void {
  for (const [name, value] of Object.entries(file)) if (/^(AWS|OTEL)_/.test(name)) environment[name] ??= value;
}

/** An empty value is no value: `DATABASE_URL=` in a file means "none". */
export const given = (variables: Variables, variable: string): string | undefined => {
  const written = variables[variable]?.trim();
  return written === '' ? undefined : written;
};
