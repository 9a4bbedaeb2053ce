import { expect, test } from 'vitest';
import { firstFiguresOf, latestReport, shownTables, tableOf } from '../bench/support/table.ts';

test('the README shows ten figures of the latest run, and docs/performance.md all of them', async () => {
  const report = await latestReport();
  expect(await shownTables()).toEqual([firstFiguresOf(report), tableOf(report)]);
  expect(firstFiguresOf(report).match(/^\| (?!\|)/gm)).toHaveLength(10);
});
