import type { Context as HonoContext } from 'hono';
import type { Page, Place } from '../../../../projections/browse/page.ts';
import { csvHeader, csvRows } from '../../../../story/csv.ts';
import { MEDIA_TYPES } from '../../../../story/format.ts';

const ROWS_AT_ONCE = 1_000;
const BYTE_ORDER_MARK = '\ufeff';

export type CsvColumn<Row> = readonly [name: string, value: (row: Row) => unknown];

/** Pages of a table, newest first, each asked for when the one before was taken. */
export async function* pagesOf<Row>(
  load: (page: Page) => Promise<readonly Row[]>,
  placeOf: (row: Row) => Place,
): AsyncGenerator<readonly Row[]> {
  let before: Place | null = null;
  for (;;) {
    const rows = await load({ limit: ROWS_AT_ONCE, before });
    if (rows.length > 0) yield rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < ROWS_AT_ONCE) return;
    before = placeOf(last);
  }
}

/**
 * A whole table as a file. It is read as it is taken: one page is in memory, however long the table is. With `?bom=1` it
 * begins with a byte order mark: without one Excel reads UTF-8 as something else, with one programs read a wrong first name.
 */
export function csvFile<Row>(
  c: HonoContext,
  name: string,
  columns: readonly CsvColumn<Row>[],
  pages: AsyncIterable<readonly Row[]>,
): Response {
  const names = columns.map(([column]) => column);
  const lines = async function* (): AsyncGenerator<string> {
    yield (c.req.query('bom') === '1' ? BYTE_ORDER_MARK : '') + csvHeader(names);
    for await (const rows of pages)
      yield csvRows(
        names,
        rows.map((row) => Object.fromEntries(columns.map(([column, value]) => [column, value(row)]))),
      );
  };
  const encoder = new TextEncoder();
  const source = lines();
  const body = new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      const next = await source.next();
      if (next.done) controller.close();
      else controller.enqueue(encoder.encode(next.value));
    },
    cancel: async () => {
      await source.return(undefined);
    },
  });
  return c.body(body, 200, {
    'Content-Type': MEDIA_TYPES.csv,
    'Content-Disposition': `attachment; filename="${name}.csv"`,
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
  });
}

/** A moment for a spreadsheet, and for people. */
export const momentCell = (at: number | null): string => (at === null ? '' : new Date(at).toISOString());
/** US cents as dollars, as a number. */
export const dollarsCell = (cents: number): number => cents / 100;
