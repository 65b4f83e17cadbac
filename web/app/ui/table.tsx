import './table.css';
import type { ReactNode } from 'react';
import { Button } from './button';

export interface Column<Row> {
  readonly header: string;
  readonly cell: (row: Row) => ReactNode;
  /** Aligned to the right, in tabular figures. */
  readonly isNumber?: boolean;
  /** Makes the header a button that sorts. */
  readonly onSort?: () => void;
  /** How the table is sorted by this column now. */
  readonly sorted?: 'ascending' | 'descending';
}

export interface TableProps<Row> {
  /** Names the table. */
  readonly caption: string;
  readonly rows: readonly Row[];
  readonly rowKey: (row: Row) => string;
  /** The first column names its row. */
  readonly columns: readonly Column<Row>[];
}

/** A table that scrolls sideways in itself where the screen is narrow. */
export function Table<Row>({ caption, rows, rowKey, columns }: TableProps<Row>) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls is reached by keyboard
    <section className="table" aria-label={caption} tabIndex={0}>
      <table>
        <caption>{caption}</caption>
        <thead>
          <tr>
            {columns.map(({ header, isNumber, onSort, sorted }) => (
              <th key={header} scope="col" className={classOf(isNumber)} aria-sort={sorted}>
                {onSort ? (
                  <Button look="link" onClick={onSort}>
                    {header}
                    <span aria-hidden="true">
                      {sorted === 'ascending' ? ' ↑' : sorted === 'descending' ? ' ↓' : ''}
                    </span>
                  </Button>
                ) : (
                  header
                )}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={rowKey(row)}>
              {columns.map(({ header, cell, isNumber }, index) =>
                index === 0 ? (
                  <th key={header} scope="row">
                    {cell(row)}
                  </th>
                ) : (
                  <td key={header} className={classOf(isNumber)}>
                    {cell(row)}
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

const classOf = (isNumber = false) => (isNumber ? 'table-number' : undefined);
