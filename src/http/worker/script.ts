import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';

/** Stands in the built script for the address of the installation that serves it. */
const PLACEHOLDER = '__RETAINER_SERVER__';

/** Beside the bundle, or under dist/ when the sources run as they are. */
const PLACES = ['./browser/', '../../../dist/browser/'];

export type Served = { readonly body: string; readonly etag: string };

async function builtFile(name: string): Promise<string> {
  for (const place of PLACES) {
    const text = await readFile(new URL(place + name, import.meta.url), 'utf8').catch(() => null);
    if (text !== null) return text;
  }
  throw new Error(`${name} is not built: run "npm run build"`);
}

/** Gives out what was built for landing pages, with this installation's address in it; read once an address. */
export function createBuilt(name: 'retainer.js' | 'retainer.d.ts'): (publicUrl: string) => Promise<Served> {
  const served = new Map<string, Promise<Served>>();
  return (publicUrl) => {
    const known = served.get(publicUrl);
    if (known) return known;
    const file = builtFile(name).then((text) => {
      const body = text.replaceAll(PLACEHOLDER, publicUrl);
      return { body, etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 16)}"` };
    });
    served.set(publicUrl, file);
    file.catch(() => served.delete(publicUrl));
    return file;
  };
}
