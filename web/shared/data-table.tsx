import type { ComponentChildren, VNode } from "preact";

export interface Column<Row> {
  readonly head: string;
  /** Numbers stand to the right, so that their digits are below one another. */
  readonly number?: boolean;
  /** Part of a way from left to right. */
  readonly stage?: boolean;
  readonly cell: (row: Row) => ComponentChildren;
}

interface DataTableProps<Row> {
  readonly caption: string;
  readonly class?: string;
  /** What is said when there are no rows. */
  readonly empty: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string | number;
  readonly rowProps?: (row: Row) => Readonly<Record<string, unknown>>;
}

/** A table that scrolls sideways by itself where it is too wide; the keyboard can do that too. */
export function DataTable<Row>(props: DataTableProps<Row>): VNode {
  const { caption, empty, columns, rows, keyOf, rowProps } = props;
  if (rows.length === 0) return <p class="empty">{empty}</p>;
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={caption}>
      <table class={props.class ?? ""}>
        <caption class="hidden">{caption}</caption>
        <thead>
          <tr>
            {columns.map(({ head, ...column }) => (
              <th key={head} scope="col" class={classOf(column)}>
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)} {...rowProps?.(row)}>
              {columns.map(({ head, cell, ...column }) => (
                <td key={head} class={classOf(column)}>
                  {cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function classOf({
  number,
  stage,
}: {
  readonly number?: boolean;
  readonly stage?: boolean;
}): string {
  if (number === true) return "number";
  return stage === true ? "stage" : "";
}
