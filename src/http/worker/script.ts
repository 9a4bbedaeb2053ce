import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

/** Stands in the built script for the address of the installation that serves it. */
const PLACEHOLDER = '__RETAINER_SERVER__';

/** Beside the bundle, or under dist/ when the sources run as they are. */
const PLACES = ['./browser/', '../../../dist/browser/'];

/** One of the two ways in which a file is sent. */
export type Served = {
  readonly body: string | Uint8Array<ArrayBuffer>;
  readonly etag: string;
  readonly headers: Record<string, string>;
};

async function builtFile(name: string): Promise<string> {
  for (const place of PLACES) {
    const text = await readFile(new URL(place + name, import.meta.url), 'utf8').catch(() => null);
    if (text !== null) return text;
  }
  throw new Error(`${name} is not built: run "npm run build"`);
}

/** Gives out what was built for landing pages, as it is and compressed, with this installation's address in it; read once an address. */
export function createBuilt(
  name: 'retainer.js' | 'retainer.d.ts',
): (publicUrl: string) => Promise<{ readonly plain: Served; readonly gzipped: Served }> {
  const served = new Map<string, ReturnType<ReturnType<typeof createBuilt>>>();
  return (publicUrl) => {
    const known = served.get(publicUrl);
    if (known) return known;
    const file = builtFile(name).then(async (text) => {
      const body = text.replaceAll(PLACEHOLDER, publicUrl);
      const hash = createHash('sha256').update(body).digest('base64url').slice(0, 16);
      return {
        plain: { body, etag: `"${hash}"`, headers: {} },
        gzipped: {
          body: new Uint8Array(await promisify(gzip)(body)),
          etag: `"${hash}-gzip"`,
          headers: { 'Content-Encoding': 'gzip' },
        },
      };
    });
    served.set(publicUrl, file);
    file.catch(() => served.delete(publicUrl));
    return file;
  };
}
