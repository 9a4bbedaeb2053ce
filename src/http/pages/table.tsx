import type { Child } from 'hono/jsx';

export type Column<Row> = {
  readonly name: string;
  readonly cell: (row: Row) => Child;
  /** Figures stand under one another. */
  readonly isNumber?: boolean;
  /** Its name is for those who cannot see that it holds buttons. */
  readonly isQuiet?: boolean;
};

/** Rows with a name to each cell: on a phone each row is a card of its own. */
export const Table = <Row,>({
  caption,
  columns,
  rows,
  none,
}: {
  caption: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  /** Said when there are no rows. */
  none: Child;
}) =>
  rows.length === 0 ? (
    <p class="quiet">{none}</p>
  ) : (
    <table class="cards" aria-label={caption}>
      <thead>
        <tr>
          {columns.map(({ name, isNumber, isQuiet }) => (
            <th scope="col" class={isNumber ? 'number' : undefined}>
              {isQuiet ? <span class="visually-hidden">{name}</span> : name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr>
            {columns.map(({ name, cell, isNumber, isQuiet }) => (
              <td data-column={isQuiet ? '' : name} class={isNumber ? 'number' : undefined}>
                {cell(row)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );

/** The way to older rows and back: `older` says where the next page begins, null on the last. */
export const Paging = ({
  path,
  query = {},
  isNewest,
  older,
}: {
  path: string;
  /** What the rows are filtered by: it stays. */
  query?: Readonly<Record<string, string>>;
  isNewest: boolean;
  older: string | null;
}) => {
  if (isNewest && older === null) return null;
  return (
    <nav class="row paging" aria-label="Pages of the list">
      {!isNewest && (
        <a class="button" href={withQuery(path, query)}>
          Newest
        </a>
      )}
      {older !== null && (
        <a class="button" rel="next" href={withQuery(path, { ...query, before: older })}>
          Older
        </a>
      )}
    </nav>
  );
};

const withQuery = (path: string, query: Readonly<Record<string, string>>): string => {
  const text = new URLSearchParams(query).toString();
  return text === '' ? path : `${path}?${text}`;
};

/** A moment as its reader's locale cannot garble it. */
export const Moment = ({ at }: { at: number | null }) =>
  at === null ? <>–</> : <time datetime={new Date(at).toISOString()}>{shownMoment(at)}</time>;

/** A sentence whose moments, as the log tells them, are shown as all others of these pages are. */
export const inShownMoments = (text: string): string =>
  text.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, (iso) => shownMoment(Date.parse(iso)));

const shownMoment = (at: number): string => `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
