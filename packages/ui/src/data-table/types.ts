import type { ReactNode } from 'react';

/** One column of a table. */
export interface Column<Row> {
  id: string;
  header: string;
  /** The header is only read out (for icons and actions). */
  headerHidden?: boolean | undefined;
  /** A grid track: `96px`, `minmax(160px, 2fr)`. */
  width: string;
  /** Numbers stand at the end. */
  align?: 'start' | 'end' | undefined;
  /** What it sorts by; without it the column does not sort. Nulls come last. */
  sort?: ((row: Row) => string | number | null) | undefined;
  cell: (row: Row) => ReactNode;
  /** Cannot be switched off. */
  fixed?: boolean | undefined;
  hiddenByDefault?: boolean | undefined;
  /** Left out while the table is narrower than this many pixels. */
  from?: number | undefined;
}

export interface BulkContext<Row> {
  rows: Row[];
  clear(): void;
}

export interface DataTableProps<Row> {
  /** Name under which the choice of columns and the order are remembered. */
  id: string;
  /** Accessible name: "Containers". */
  label: string;
  rows: readonly Row[];
  columns: readonly Column<Row>[];
  rowId: (row: Row) => string;
  /** What a screen reader calls the row, and its check box: "web". */
  rowName: (row: Row) => string;
  initialSort?: { id: string; desc: boolean } | undefined;
  /** Left part of the line above the table: chips, filters. */
  toolbar?: ReactNode;
  /** Replaces that line while rows are selected; selection exists only with it. */
  bulk?: ((context: BulkContext<Row>) => ReactNode) | undefined;
  /** Rows that may be selected; all without it. */
  selectable?: ((row: Row) => boolean) | undefined;
  /** Enter on a row. */
  onOpen?: ((row: Row) => void) | undefined;
  /** The two lines of a row on a phone: first line, second line, and what stands at the end. */
  phoneRow: (row: Row) => { first: ReactNode; second: ReactNode; end?: ReactNode };
  loading?: boolean | undefined;
  /** Instead of rows when there are none. */
  empty: ReactNode;
  /** Called with the ids on screen, for data that is fetched for visible rows only. */
  onVisible?: ((ids: string[]) => void) | undefined;
  /** Dimmed: what is shown may be out of date. */
  stale?: boolean | undefined;
}
