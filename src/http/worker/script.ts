import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';

/** Stands in the built script for the address of the installation that serves it. */
const PLACEHOLDER = '__RETAINER_SERVER__';

/** Beside the bundle, or under dist/ when the sources run as they are. */
const PLACES = ['./browser/retainer.js', '../../../dist/browser/retainer.js'].map(
  (path) => new URL(path, import.meta.url),
);

const built = async (): Promise<string> => {
  for (const place of PLACES) {
    const text = await readFile(place, 'utf8').catch(() => null);
    if (text !== null) return text;
  }
  throw new Error('retainer.js is not built: run "npm run build"');
};

/** Gives out the landing page script with this installation's address in it; built once an address. */
export function createScript(): (publicUrl: string) => Promise<{ body: string; etag: string }> {
  const served = new Map<string, Promise<{ body: string; etag: string }>>();
  return (publicUrl) => {
    const known = served.get(publicUrl);
    if (known) return known;
    const script = built().then((text) => {
      const body = text.replaceAll(PLACEHOLDER, publicUrl);
      return { body, etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 16)}"` };
    });
    served.set(publicUrl, script);
    script.catch(() => served.delete(publicUrl));
    return script;
  };
}
