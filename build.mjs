// Builds dist/ in a fraction of a second: the service as a few ES modules (dependencies stay in node_modules), and
// the script for landing pages as one minified file. Types are checked by `npm run check:types`.
import { chmod, cp, readdir, rm } from 'node:fs/promises';
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
  target: 'es2020',
  format: 'iife',
  metafile: true,
  logLevel: 'warning',
});
const pages = build({
  entryPoints: ['src/browser/pages/status.ts'],
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
const [results, names] = await Promise.all([
  Promise.all([service, script, pages]),
  readdir(migrations),
  cp(migrations, 'dist/migrations', { recursive: true }),
  cp('src/browser/page-api.d.ts', types),
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
