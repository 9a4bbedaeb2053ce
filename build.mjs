// Builds dist/ in a fraction of a second: the service as a few ES modules (dependencies stay in node_modules), and
// the script for landing pages as one minified file, and as a module. Types are checked by `npm run check:types`.
import { chmod, cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';

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
  entryPoints: ['src/browser/pages/status.ts', 'src/browser/pages/bell.ts'],
  outdir: 'dist/browser',
  bundle: true,
  minify: true,
  platform: 'browser',
  target: 'es2022',
  format: 'esm',
  metafile: true,
  logLevel: 'warning',
});
const migrations = 'src/postgres/migrations';
const styles = 'dist/browser/pages.css';
const types = 'dist/browser/retainer.d.ts';
/** For pages that load the script: the same types as the module's, and the global. One file, so that it can be served. */
async function globalTypes() {
  const [api, global] = await Promise.all(
    ['api.ts', 'global.d.ts'].map((name) => readFile(`src/browser/${name}`, 'utf8')),
  );
  await mkdir('dist/browser', { recursive: true });
  await writeFile(types, api + global.replace(/^import .*\n/, ''));
}
const [results, names] = await Promise.all([
  Promise.all([service, script, module, pages]),
  readdir(migrations),
  cp(migrations, 'dist/migrations', { recursive: true }),
  globalTypes(),
  cp('src/http/pages/pages.css', styles),
]);
await chmod('dist/main.js', 0o755);

// What an earlier build left goes last, so that dist/ is whole at every moment: a service may be running from it.
const built = new Set([
  types,
  styles,
  ...results.flatMap(({ metafile }) => Object.keys(metafile.outputs)),
  ...names.map((name) => join('dist', 'migrations', name)),
]);
for (const entry of await readdir('dist', { recursive: true, withFileTypes: true })) {
  const file = join(entry.parentPath ?? entry.path, entry.name);
  if (entry.isFile() && !built.has(file)) await rm(resolve(file));
}
