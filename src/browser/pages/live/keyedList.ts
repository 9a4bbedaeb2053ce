type Keyed = { id: string };

/** How a list changed, as src/http/pages/live/picture.ts says it: rows that are new or different, and the order if it is. */
export type ListChange<Row extends Keyed> = { order?: string[]; rows: Row[] };

export type KeyedList<Row extends Keyed, Kind extends HTMLElement> = {
  readonly update: (change: ListChange<Row>) => void;
  readonly each: (visit: (row: Row, element: Kind) => void) => void;
  readonly size: () => number;
};

/** Elements for rows with ids: draws only those that changed, and moves only those that are not in their place. */
export function createKeyedList<Row extends Keyed, Kind extends HTMLElement>({
  parent,
  create,
  draw,
}: {
  parent: HTMLElement;
  create: (row: Row) => Kind;
  /** `isNew`: drawn for the first time. */
  draw: (row: Row, element: Kind, isNew: boolean) => void;
}): KeyedList<Row, Kind> {
  const shown = new Map<string, { row: Row; element: Kind }>();

  const arrange = (order: readonly string[]): void => {
    const stays = new Set(order);
    for (const [id, { element }] of shown)
      if (!stays.has(id)) {
        element.remove();
        shown.delete(id);
      }
    let next = parent.firstElementChild;
    for (const id of order) {
      const element = shown.get(id)?.element;
      if (element === undefined) continue;
      if (element === next) next = next.nextElementSibling;
      else parent.insertBefore(element, next);
    }
  };
  return {
    update: ({ order, rows }) => {
      for (const row of rows) {
        const known = shown.get(row.id);
        const element = known?.element ?? create(row);
        draw(row, element, known === undefined);
        shown.set(row.id, { row, element });
      }
      if (order) arrange(order);
    },
    each: (visit) => {
      for (const { row, element } of shown.values()) visit(row, element);
    },
    size: () => shown.size,
  };
}
