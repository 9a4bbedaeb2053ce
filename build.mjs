// Builds dist/ in a fraction of a second: the service as a few ES modules (dependencies stay in node_modules), and
// the script for landing pages as one minified file. Types are checked by `npm run check:types`.
import { cp, rm } from 'node:fs/promises';
import { build } from 'esbuild';

await rm('dist', { recursive: true, force: true });
await Promise.all([
  build({
    entryPoints: ['src/main.ts'],
    outdir: 'dist',
    bundle: true,
    splitting: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    packages: 'external',
    sourcemap: true,
    jsx: 'automatic',
    jsxImportSource: 'hono/jsx',
    banner: { js: '#!/usr/bin/env node' },
    logLevel: 'warning',
  }),
  build({
    entryPoints: ['src/browser/retainer.ts'],
    outfile: 'dist/browser/retainer.js',
    bundle: true,
    minify: true,
    platform: 'browser',
    target: 'es2020',
    format: 'iife',
    logLevel: 'warning',
  }),
  cp('src/browser/page-api.d.ts', 'dist/browser/retainer.d.ts'),
  cp('src/postgres/migrations', 'dist/migrations', { recursive: true }),
]);
