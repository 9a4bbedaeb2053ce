import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { SETTINGS } from '../../src/config/settings.ts';

const read = (file: string) => readFile(new URL(`../../${file}`, import.meta.url), 'utf8');
const variables = Object.values(SETTINGS).map(({ variable }) => variable);

test('docs/operations.md has a row for every setting, and none for what is no setting', async () => {
  const rows = (await read('docs/operations.md')).match(/^\| `[A-Z_]+`(, `[A-Z_]+`)* \|/gm) ?? [];
  const documented = rows.flatMap((row) => row.match(/[A-Z_]+/g) ?? []);
  expect(documented.toSorted()).toEqual(variables.toSorted());
});

test('.env.example sets nothing, and names only what is a setting', async () => {
  const lines = (await read('.env.example')).split('\n').slice(1);
  const named = lines.filter((line) => line !== '').map((line) => /^#([A-Z_]+)=./.exec(line)?.[1] ?? line);
  expect(variables).toEqual(expect.arrayContaining(named));
});
