import { expect, test } from 'vitest';
import { type Page, pagesOf } from '../../../src/marketplace/mturk/listing.ts';
import { allOf } from '../market.ts';

type Rows = Page & { readonly rows: readonly number[] };

/** All pages of a listing that answers by token; '' is the first page. */
const read = async (answers: Readonly<Record<string, Rows>>): Promise<readonly (readonly number[])[]> => {
  const pages = pagesOf<Rows>(
    async ({ NextToken = '' }) => answers[NextToken] ?? { rows: [] },
    ({ rows }) => rows.length,
  );
  return (await allOf(pages)).map(({ rows }) => rows);
};

test('a listing ends where the token is absent, not where a page is short', async () => {
  expect(
    await read({ '': { rows: [1, 2], NextToken: 'a' }, a: { rows: [3], NextToken: 'b' }, b: { rows: [4] } }),
  ).toEqual([[1, 2], [3], [4]]);
});

test('an empty page in the middle does not end it', async () => {
  expect(await read({ '': { rows: [1], NextToken: 'a' }, a: { rows: [], NextToken: 'b' }, b: { rows: [2] } })).toEqual([
    [1],
    [],
    [2],
  ]);
});

test('an empty page that names itself does', async () => {
  expect(await read({ '': { rows: [1], NextToken: 'a' }, a: { rows: [], NextToken: 'a' } })).toEqual([[1]]);
});

test('a page that comes again is an error, not the end', async () => {
  const forEver = read({ '': { rows: [1], NextToken: 'a' }, a: { rows: [2], NextToken: 'a' } });
  await expect(forEver).rejects.toMatchObject({ code: 'RepeatedPage' });
});
