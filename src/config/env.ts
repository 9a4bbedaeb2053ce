import { existsSync, readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';

/** Variables as the environment or a file gives them. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** What the file `.env` of the current folder sets; nothing if there is none. */
export function readEnvFile(file = '.env'): Variables {
  return existsSync(file) ? parseEnv(readFileSync(file, 'utf8')) : {};
}

/** An empty value is no value: `DATABASE_URL=` in a file means "none". */
export const given = (variables: Variables, variable: string): string | undefined => {
  const written = variables[variable]?.trim();
  return written === '' ? undefined : written;
};
