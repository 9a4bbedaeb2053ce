/** What a live page shows: facts, and lists whose rows have ids of their own. */
export type Picture = {
  readonly facts: Readonly<Record<string, unknown>>;
  readonly lists: Readonly<Record<string, readonly { readonly id: string }[]>>;
};

/** A picture as JSON, row by row, so that it is written once for all pages that show it. */
export type Drawn = {
  readonly facts: string;
  /** By the list's name: its order, and its rows by id. */
  readonly lists: ReadonlyMap<string, { readonly order: string; readonly rows: ReadonlyMap<string, string> }>;
};

export const drawnOf = ({ facts, lists }: Picture): Drawn => ({
  facts: JSON.stringify(facts),
  lists: new Map(
    Object.entries(lists).map(([name, rows]) => [
      name,
      {
        order: JSON.stringify(rows.map(({ id }) => id)),
        rows: new Map(rows.map((row) => [row.id, JSON.stringify(row)])),
      },
    ]),
  ),
});

/**
 * What has to be said to a page that shows `before` (null: nothing yet) so that it shows `after`, as JSON: the facts and
 * the order of a list if they changed, and the rows that changed. Null if it shows that already.
 */
export function changesBetween(before: Drawn | null, after: Drawn): string | null {
  const said: string[] = [];
  if (before?.facts !== after.facts) said.push(`"facts":${after.facts}`);
  const lists = [...after.lists].flatMap(([name, { order, rows }]) => {
    const known = before?.lists.get(name);
    const changed = [...rows].flatMap(([id, row]) => (known?.rows.get(id) === row ? [] : [row]));
    if (known?.order === order && changed.length === 0) return [];
    const moved = known?.order === order ? '' : `"order":${order},`;
    return [`${JSON.stringify(name)}:{${moved}"rows":[${changed.join(',')}]}`];
  });
  if (lists.length > 0) said.push(`"lists":{${lists.join(',')}}`);
  return said.length === 0 ? null : `{${said.join(',')}}`;
}
