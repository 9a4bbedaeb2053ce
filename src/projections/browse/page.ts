import type { Instant } from '../../domain/ids.ts';
import type { Queryable } from '../projection.ts';

/** Where a page begins: after the row with this moment and id, going back in time. */
export type Place = { readonly at: Instant; readonly id: string };

/** Which rows of a table, newest first. `before`: the last row of the page before. */
export type Page = { readonly limit: number; readonly before: Place | null };

/** Conditions that all have to hold, and what they ask with. */
export type Filter = { readonly conditions: readonly string[]; readonly values: readonly unknown[] };

/** What was asked for, if it reads as a UUID: compared as one, so that an index on ids serves. */
export const UUID = `case when $ ~ '^[0-9a-fA-F-]{36}$' then $::uuid end`;

/** Conditions on what was asked for; what was not asked for is left out of the query, so that an index fits it. */
export function filterOf(asked: readonly (readonly [condition: string, value: unknown])[]): Filter {
  const wanted = asked.filter(([, value]) => value !== null && value !== undefined && value !== '');
  return {
    conditions: wanted.map(([condition], index) => condition.replaceAll('$', `$${index + 1}`)),
    values: wanted.map(([, value]) => value),
  };
}

/**
 * A page of a table, by an index on `at` and `id` (expressions of the query): it costs what it shows, however deep it
 * lies. `select` is everything up to `where`.
 */
export async function pageOf<Row extends object>(
  db: Queryable,
  select: string,
  { at, id }: { readonly at: string; readonly id: string },
  { conditions, values }: Filter,
  { limit, before }: Page,
): Promise<readonly Row[]> {
  const next = values.length + 1;
  const place = before === null ? [] : [`(${at}, ${id}) < ($${next}::double precision, $${next + 1})`];
  const where = [...conditions, ...place];
  const { rows } = await db.query<Row>(
    `${select}
     ${where.length === 0 ? '' : `where ${where.join(' and ')}`}
     order by ${at} desc, ${id} desc
     limit ${limit}`,
    [...values, ...(before === null ? [] : [before.at, before.id])],
  );
  return rows;
}
