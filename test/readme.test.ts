import { expect, test } from 'vitest';
import { latestReport, shownTable, tableOf } from '../bench/support/table.ts';

test('the README shows the figures of the latest run', async () => {
  expect(await shownTable()).toBe(tableOf(await latestReport()));
});
