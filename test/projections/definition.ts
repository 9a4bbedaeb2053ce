import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';

export const FOLDER = resolve('src/projections');

/** The machinery that all read models share, and how a stream is named: they say nothing of what one read model is. */
const SHARED = /\/(fold|projection|event)\.ts$/;

/** What defines a module's read model; the queries beside it do not, nor do comments and layout. */
export async function definitionOf(source: string, exported: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: `export { ${exported} } from 'the read model';`, resolveDir: FOLDER },
    bundle: true,
    write: false,
    minifyWhitespace: true,
    minifySyntax: true,
    format: 'esm',
    target: 'node20',
    packages: 'external',
    logLevel: 'silent',
    plugins: [
      {
        name: 'only what defines it',
        setup: ({ onResolve, onLoad }) => {
          onResolve({ filter: /^the read model$/ }, () => ({ path: join(FOLDER, 'it.ts'), namespace: 'given' }));
          onLoad({ filter: /./, namespace: 'given' }, () => ({ contents: source, loader: 'ts', resolveDir: FOLDER }));
          onResolve({ filter: SHARED }, ({ path }) => ({ path, external: true }));
          onResolve({ filter: /^\./ }, ({ path, resolveDir }) => ({
            path: join(resolveDir, path),
            sideEffects: false,
          }));
          onLoad({ filter: /\/src\/domain\// }, async ({ path }) => ({
            contents: withoutEffects(await readFile(path, 'utf8')),
            loader: 'ts',
          }));
        },
      },
    ],
  });
  const [output] = outputFiles;
  if (output === undefined) throw new Error(`esbuild made nothing of ${exported}`);
  const text = output.text.replaceAll(/^\s*--.*$/gm, '').replaceAll(/\s+/g, ' ');
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

/** Lets schemas that nobody asks for be left out: making one is a call, of which esbuild cannot know that it does nothing. */
const withoutEffects = (source: string): string =>
  source.replaceAll(/\b(z|[A-Z]\w*)(?=\.\w+\()/g, '/* @__PURE__ */ $1');
