import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { projections } from '../../src/projections/all.ts';
import { definitionOf, FOLDER } from './definition.ts';

const PINNED = 'test/projections/versions.json';
const COMMAND = `UPDATE_VERSIONS=1 npx vitest run test/projections/versions.test.ts`;

type Pinned = Readonly<Record<string, { readonly version: number; readonly definition: string }>>;

const source = (file: string): Promise<string> => readFile(join(FOLDER, file), 'utf8');

/** Every read model's version, and a hash of what defines it: its tables, its events, and what they mean for them. */
async function today(): Promise<Pinned> {
  const imports = (await source('all.ts')).matchAll(/import \{ (?<exported>\w+) \} from '\.\/(?<file>\w+\.ts)'/g);
  const found = await Promise.all(
    [...imports].map(async ({ groups: { exported = '', file = '' } = {} }) => {
      const module: Record<string, unknown> = await import(join(FOLDER, file));
      const projection = projections.find((one) => one === module[exported]);
      if (projection === undefined) throw new Error(`${file} exports no read model ${exported}`);
      return [
        projection.name,
        { version: projection.version, definition: await definitionOf(await source(file), exported) },
      ] as const;
    }),
  );
  return Object.fromEntries(found.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** What somebody who changed a read model has to do, a sentence each. */
function complaints(pinned: Pinned, now: Pinned): readonly string[] {
  return [...new Set([...Object.keys(pinned), ...Object.keys(now)])].flatMap((name) => {
    const [was, is] = [pinned[name], now[name]];
    if (was === undefined || is === undefined)
      return `${name} is ${is === undefined ? 'gone' : 'new'}: run ${COMMAND}, and commit ${PINNED}.`;
    if (was.definition !== is.definition && was.version === is.version)
      return (
        `What defines ${name} changed, and its version is ${is.version} as before: installations would keep the tables ` +
        `that the old definition made. Raise its version and run ${COMMAND}. If the same events still make the same ` +
        'tables, only run it, and say why in the commit.'
      );
    if (was.version > is.version)
      return `${name} had version ${was.version} and has ${is.version}: versions only go up, for old tables may be there.`;
    if (was.definition !== is.definition || was.version !== is.version)
      return `${name} has version ${is.version} now: run ${COMMAND}, and commit ${PINNED}.`;
    return [];
  });
}

test('a read model is what it was at its version', async () => {
  const now = await today();
  expect(Object.keys(now)).toHaveLength(projections.length);
  if (process.env['UPDATE_VERSIONS'] !== undefined) await writeFile(PINNED, `${JSON.stringify(now, null, 2)}\n`);
  const pinned: Pinned = JSON.parse(await readFile(PINNED, 'utf8'));
  expect(complaints(pinned, now)).toEqual([]);
});

test('comments, layout and queries do not make another read model', async () => {
  const written = await source('waitingPool.ts');
  const definition = await definitionOf(written, 'waitingPool');
  for (const changed of [
    `// A comment.\n${written}`,
    written.replaceAll('\n', '\n\n'),
    written.replaceAll('  ', '    '),
    `${written}\nexport const query = () => 'select 1';`,
  ])
    expect(await definitionOf(changed, 'waitingPool')).toBe(definition);
});

test.each([
  ['a column', 'apiKeys', /label text not null/, 'label text'],
  ['an index', 'storyStreams', /create index [^;]*;/, ''],
  ['an event', 'apiKeys', /'ApiKeyIssued', /, ''],
  ['what an event means', 'apiKeys', /revokedAt: event\.data\.at/, 'revokedAt: null'],
])('%s makes another read model', async (_, name, before, after) => {
  const written = await source(`${name}.ts`);
  expect(written).toMatch(before);
  expect(await definitionOf(written.replace(before, after), name)).not.toBe(await definitionOf(written, name));
});

test('a changed read model of the same version is complained of, and only that', () => {
  const pinned = { tasks: { version: 3, definition: 'a' }, hits: { version: 1, definition: 'b' } };
  const changed = { ...pinned, tasks: { version: 3, definition: 'c' } };
  expect(complaints(pinned, pinned)).toEqual([]);
  expect(complaints(pinned, changed)).toEqual([
    expect.stringMatching(/^What defines tasks changed.*Raise its version/),
  ]);
  expect(complaints(pinned, { ...pinned, tasks: { version: 4, definition: 'c' } })).toEqual([
    expect.stringMatching(/^tasks has version 4 now: run .*UPDATE_VERSIONS=1/),
  ]);
  expect(complaints(pinned, { ...pinned, tasks: { version: 2, definition: 'a' } })).toEqual([
    expect.stringContaining('versions only go up'),
  ]);
});
