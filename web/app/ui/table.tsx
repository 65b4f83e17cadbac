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

/** On a phone the style shows rows as cards, and not every browser takes that for a table still. So the roles are said. */
const ROLES = {
  table: { role: 'table' },
  group: { role: 'rowgroup' },
  row: { role: 'row' },
  columnHeader: { role: 'columnheader', scope: 'col' },
  rowHeader: { role: 'rowheader', scope: 'row' },
  cell: { role: 'cell' },
} as const;

/** Two columns fit a phone. */
const MOST_COLUMNS_OF_A_PHONE = 2;

/** A table that shows its rows as cards on a phone, and scrolls sideways in itself where it is still wider than its place. */
export function Table<Row>({ caption, rows, rowKey, columns }: TableProps<Row>) {
  const hasCards = columns.length > MOST_COLUMNS_OF_A_PHONE;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls is reached by keyboard
    <section className={`table${hasCards ? ' table-cards' : ''}`} aria-label={caption} tabIndex={0}>
      <table {...ROLES.table}>
        <caption>{caption}</caption>
        <thead {...ROLES.group}>
          <tr {...ROLES.row}>
            {columns.map(({ header, isNumber, onSort, sorted }) => (
              <th key={header} {...ROLES.columnHeader} className={classOf(isNumber)} aria-sort={sorted}>
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
        <tbody {...ROLES.group}>
          {rows.map((row) => (
            <tr key={rowKey(row)} {...ROLES.row}>
              {columns.map(({ header, cell, isNumber }, index) => {
                const Cell = index === 0 ? 'th' : 'td';
                return (
                  <Cell
                    key={header}
                    {...(index === 0 ? ROLES.rowHeader : ROLES.cell)}
                    className={classOf(isNumber)}
                    data-label={header}
                  >
                    {cell(row)}
                  </Cell>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

const classOf = (isNumber = false) => (isNumber ? 'table-number' : undefined);
