import type { EventType } from '../domain/event.ts';
import type { RecordedEvent } from '../event-store/port.ts';
import type { Projection, Queryable, Recorded, Statement } from './projection.ts';

/** A table whose rows are found by one key. */
export type Table<Row> = {
  readonly name: string;
  /** Statements that make it and its indexes. */
  readonly ddl: string;
  readonly key: keyof Row & string;
  /** Every property of a row; its column has the same name in snake_case. */
  readonly columns: readonly (keyof Row & string)[];
};

/** The select list that gives rows back as they went in. */
export const columnsOf = <Row>({ columns }: Pick<Table<Row>, 'columns'>, alias: string): string =>
  columns.map((column) => `${alias}.${snakeCase(column)} as "${column}"`).join(', ');

/** The same as one JSON object, for a row inside another. */
export const jsonOf = <Row>({ columns }: Table<Row>, alias: string): string =>
  `json_build_object(${columns.map((column) => `'${column}', ${alias}.${snakeCase(column)}`).join(', ')})`;

/**
 * A projection that is a fold: an event belongs to one row; the row and the event make the row that follows, or
 * null where it ends. A batch costs three statements at most: load the rows it touches, store those that
 * changed, delete those that ended.
 */
export function foldInto<Row extends object, const Type extends EventType>({
  table,
  version,
  events: types,
  keyOf,
  evolve,
}: {
  table: Table<Row>;
  version: number;
  events: readonly Type[];
  keyOf: (event: Recorded<Type>) => string;
  evolve: (row: Row | null, event: Recorded<Type>) => Row | null;
}): Projection {
  const taken = new Set<EventType>(types);
  const isTaken = (event: RecordedEvent): event is Recorded<Type> => taken.has(event.type);
  const { load, store, remove } = statements(table);
  return {
    name: table.name,
    version,
    events: types,
    tables: table.ddl,
    tableNames: [table.name],
    apply: async (tx, events) => {
      const own = events.filter(isTaken);
      if (own.length === 0) return [];
      const before = await load(tx, [...new Set(own.map(keyOf))]);
      const after = new Map<string, Row | null>(before);
      for (const event of own) after.set(keyOf(event), evolve(after.get(keyOf(event)) ?? null, event));

      const changed: Row[] = [];
      const ended: string[] = [];
      for (const [key, row] of after) {
        const old = before.get(key) ?? null;
        if (row === old) continue;
        if (row === null) ended.push(key);
        else changed.push(row);
      }
      return [...(changed.length > 0 ? [store(changed)] : []), ...(ended.length > 0 ? [remove(ended)] : [])];
    },
  };
}

/** Rows travel as one JSON parameter: as quick as an `unnest` of an array a column, and it holds lists and JSON too. */
function statements<Row extends object>(table: Table<Row>) {
  const { name } = table;
  const key = snakeCase(table.key);
  const columns = table.columns.map((property) => ({ property, column: snakeCase(property) }));
  const list = columns.map(({ column }) => column).join(', ');
  const loadSql = `select ${columnsOf(table, 't')} from ${name} t where t.${key} = any($1)`;
  const storeSql = `
    insert into ${name} (${list})
    select ${list} from json_populate_recordset(null::${name}, $1)
    on conflict (${key}) do update
      set (${list}) = row(${columns.map(({ column }) => `excluded.${column}`).join(', ')})`;
  const removeSql = `delete from ${name} where ${key} = any($1)`;
  return {
    load: async (tx: Queryable, keys: readonly string[]): Promise<ReadonlyMap<string, Row>> => {
      const { rows } = await tx.query<Row>({ name: `${name}.load`, text: loadSql, values: [keys] });
      return new Map(rows.map((row) => [String(row[table.key]), row]));
    },
    store: (rows: readonly Row[]): Statement => ({
      name: `${name}.store`,
      text: storeSql,
      values: [
        JSON.stringify(
          rows.map((row) => Object.fromEntries(columns.map(({ property, column }) => [column, row[property]]))),
        ),
      ],
    }),
    remove: (keys: readonly string[]): Statement => ({ name: `${name}.remove`, text: removeSql, values: [keys] }),
  };
}

const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
