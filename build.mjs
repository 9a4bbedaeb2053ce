// Builds dist/ in a fraction of a second: the service as a few ES modules (dependencies stay in node_modules), and
// the script for landing pages as one minified file, and as a module. Types are checked by `npm run check:types`.
import { chmod, cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { build } from 'esbuild';

/** A page's script is src/browser/pages/NAME.ts, or NAME/NAME.ts with what it is made of beside it. */
async function pageScripts() {
  const places = await readdir('src/browser/pages', { recursive: true });
  const scripts = places.filter((place) => /^(([\w-]+)\/\2|[\w-]+)\.ts$/.test(place));
  return Object.fromEntries(scripts.map((place) => [basename(place, '.ts'), join('src/browser/pages', place)]));
}
/** A page's style is a file beside it, served by its own name. */
async function copyStyles() {
  const rooms = ['src/http/pages', 'src/marketplace/simulated/pages'];
  const places = await Promise.all(
    rooms.map(async (room) => (await readdir(room, { recursive: true })).map((place) => join(room, place))),
  );
  const styles = places.flat().filter((place) => place.endsWith('.css'));
  await Promise.all(styles.map((style) => cp(style, join('dist/browser/pages', basename(style)))));
  return styles.map((style) => join('dist/browser/pages', basename(style)));
}
const service = build({
  entryPoints: ['src/main.ts'],
  outdir: 'dist',
  bundle: true,
  splitting: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  packages: 'external',
  sourcemap: true,
  metafile: true,
  jsx: 'automatic',
  jsxImportSource: 'hono/jsx',
  banner: { js: '#!/usr/bin/env node' },
  logLevel: 'warning',
});
const script = build({
  entryPoints: ['src/browser/retainer.ts'],
  outfile: 'dist/browser/retainer.js',
  bundle: true,
  minify: true,
  platform: 'browser',
  target: 'es2022',
  format: 'iife',
  metafile: true,
  logLevel: 'warning',
});
const module = build({
  entryPoints: ['src/browser/module.ts'],
  outfile: 'dist/browser/module.js',
  bundle: true,
  platform: 'browser',
  target: 'es2022',
  format: 'esm',
  metafile: true,
  logLevel: 'warning',
});
const pages = build({
  entryPoints: await pageScripts(),
  outdir: 'dist/browser/pages',
  bundle: true,
  minify: true,
  platform: 'browser',
  target: 'es2022',
  format: 'esm',
  metafile: true,
  logLevel: 'warning',
});
const migrations = 'src/postgres/migrations';
const types = ['dist/browser/retainer.d.ts', 'dist/browser/module.d.ts'];
const MODULE_TYPES = `
/** A page's \`Retainer\`, which speaks to the service at \`server\`. */
export declare function createRetainer(server: string): RetainerScript;
`;
/** The same types for pages that load the script, with the global, and for those that bundle. One file each, to be served. */
async function browserTypes() {
  const [api, global] = await Promise.all(
    ['api.ts', 'global.d.ts'].map((name) => readFile(`src/browser/${name}`, 'utf8')),
  );
  await mkdir('dist/browser', { recursive: true });
  await Promise.all([
    writeFile(types[0], api + global.replace(/^import .*\n/, '')),
    writeFile(types[1], api + MODULE_TYPES),
  ]);
}
const [results, names, styles] = await Promise.all([
  Promise.all([service, script, module, pages]),
  readdir(migrations),
  copyStyles(),
  cp(migrations, 'dist/migrations', { recursive: true }),
  browserTypes(),
]);
await chmod('dist/main.js', 0o755);

// What an earlier build left goes last, so that dist/ is whole at every moment: a service may be running from it.
const built = new Set([
  ...types,
  ...styles,
  ...results.flatMap(({ metafile }) => Object.keys(metafile.outputs)),
  ...names.map((name) => join('dist', 'migrations', name)),
]);
for (const entry of await readdir('dist', { recursive: true, withFileTypes: true })) {
  const file = join(entry.parentPath ?? entry.path, entry.name);
  if (entry.isFile() && !built.has(file)) await rm(resolve(file));
}
