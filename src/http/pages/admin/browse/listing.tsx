import type { Context as HonoContext } from 'hono';
import type { Child } from 'hono/jsx';
import type { Page, Place } from '../../../../projections/browse/page.ts';

export type Query = Readonly<Record<string, string>>;

const LIMITS = [50, 200, 1_000] as const;

/** Which page of a table a query asks for; what makes no sense asks for the first. */
export function readPage(query: Query): Page {
  const limit = LIMITS.find((one) => String(one) === query['limit']) ?? LIMITS[0];
  const [, at, id] = /^(\d{1,16}(?:\.\d{1,6})?)~([\w.:-]{1,64})$/.exec(query['before'] ?? '') ?? [];
  return { limit, before: at === undefined || id === undefined ? null : { at: Number(at), id } };
}

/** What was typed to search for; null if nothing was. */
export const readSearch = (query: Query): string | null => query['search']?.trim().slice(0, 255) || null;

/** One of those there are; null if none was chosen. */
export const readChoice = <Choice extends string>(
  choices: readonly Choice[],
  given: string | undefined,
): Choice | null => choices.find((choice) => choice === given) ?? null;

const withParameters = (path: string, query: Query, changes: Readonly<Record<string, string>>): string => {
  const all = Object.entries({ ...query, ...changes }).filter(([, value]) => value !== '');
  return all.length === 0 ? path : `${path}?${new URLSearchParams(Object.fromEntries(all))}`;
};

/** What to search for: a form that asks the page itself, so that what is shown has an address. */
export const Search = ({
  path,
  query,
  label,
  children,
}: {
  path: string;
  query: Query;
  /** What can be searched for. */
  label: string;
  children?: Child;
}) => (
  <form method="get" action={path} class="search" aria-label="Search">
    <label class="grow">
      {label}
      <input type="search" name="search" value={query['search'] ?? ''} autocomplete="off" spellcheck={false} />
    </label>
    {children}
    <label>
      A page
      <select name="limit">
        {LIMITS.map((limit) => (
          <option value={limit} selected={String(limit) === query['limit']}>
            {limit}
          </option>
        ))}
      </select>
    </label>
    <button type="submit">Show</button>
  </form>
);

/** A choice among a few. */
export const Choice = ({
  name,
  label,
  all,
  choices,
  chosen,
}: {
  name: string;
  label: string;
  /** What it is called when nothing is chosen. */
  all: string;
  choices: readonly (readonly [value: string, words: string])[];
  chosen: string | null;
}) => (
  <label>
    {label}
    <select name={name}>
      <option value="">{all}</option>
      {choices.map(([value, words]) => (
        <option value={value} selected={value === chosen}>
          {words}
        </option>
      ))}
    </select>
  </label>
);

/** The way to older rows, back to the newest, and to all of them as a file. */
export const Pager = ({
  path,
  query,
  last,
  isFirst,
  csv,
}: {
  path: string;
  query: Query;
  /** Where the next page begins; null: there is none. */
  last: string | null;
  isFirst: boolean;
  /** Null: there is no file of it. */
  csv: string | null;
}) => (
  <nav class="pager" aria-label="Rows">
    {!isFirst && <a href={withParameters(path, query, { before: '' })}>Newest</a>}
    {last !== null && (
      <a href={withParameters(path, query, { before: last })} rel="next">
        Older
      </a>
    )}
    {csv !== null && (
      <>
        <a href={withParameters(csv, query, { before: '', limit: '' })} download>
          Download as CSV
        </a>
        <a href={withParameters(csv, query, { before: '', limit: '', bom: '1' })} download>
          CSV for Excel
        </a>
      </>
    )}
  </nav>
);

/** Where the page after these rows begins; null if they are the last. */
export const nextPlace = <Row,>(rows: readonly Row[], { limit }: Page, placeOf: (row: Row) => Place): string | null => {
  const last = rows.at(-1);
  if (rows.length < limit || last === undefined) return null;
  const { at, id } = placeOf(last);
  return `${at}~${id}`;
};

export const queryOf = (c: HonoContext): Query => c.req.query();
