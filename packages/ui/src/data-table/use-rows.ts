'use client';
import {
  type ColumnDef,
  getCoreRowModel,
  getSortedRowModel,
  type RowSelectionState,
  type SortingState,
  type Table,
  useReactTable,
} from '@tanstack/react-table';
import { useMemo, useState } from 'react';
import { usePreference } from '../lib/preference.ts';
import type { Column, DataTableProps } from './types.ts';

interface Remembered {
  hidden: string[] | null;
  sort: SortingState | null;
}

function parseRemembered(stored: unknown): Remembered {
  const value = typeof stored === 'object' && stored !== null ? (stored as Record<string, unknown>) : {};
  const hidden = value.hidden;
  const sort = value.sort;
  return {
    hidden: Array.isArray(hidden) ? hidden.filter((id): id is string => typeof id === 'string') : null,
    sort: Array.isArray(sort) ? sort.filter(isSort) : null,
  };
}

const isSort = (value: unknown): value is SortingState[number] =>
  typeof value === 'object' &&
  value !== null &&
  'id' in value &&
  typeof value.id === 'string' &&
  'desc' in value &&
  typeof value.desc === 'boolean';

const collator = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

function compare(one: string | number, other: string | number): number {
  if (typeof one === 'number' && typeof other === 'number') return one - other;
  return collator.compare(String(one), String(other));
}

export interface RowsState<Row> {
  table: Table<Row>;
  /** Columns that are switched on and fit the width. */
  columns: Column<Row>[];
  isHidden(column: Column<Row>): boolean;
  toggle(column: Column<Row>): void;
}

/** Order, selection and choice of columns; the last two things are remembered in this browser. */
export function useRows<Row>(props: DataTableProps<Row>, width: number): RowsState<Row> {
  const { columns, rows, rowId, selectable } = props;
  const [remembered, remember] = usePreference(`table.${props.id}`, parseRemembered);
  const [rowSelection, setRowSelection] = useState<RowSelectionState>({});
  const first = props.initialSort;
  const [firstId, firstDesc] = [first?.id, first?.desc ?? false];
  // A new array would sort every row again, at every step of scrolling.
  const sorting = useMemo(
    () => remembered.sort ?? (firstId === undefined ? [] : [{ id: firstId, desc: firstDesc }]),
    [remembered.sort, firstId, firstDesc],
  );
  const definitions = useMemo(() => columns.map(definition), [columns]);
  const table = useReactTable<Row>({
    data: rows as Row[],
    columns: definitions,
    state: { sorting, rowSelection },
    getRowId: rowId,
    enableRowSelection: (row) => selectable?.(row.original) ?? true,
    onRowSelectionChange: setRowSelection,
    onSortingChange: (update) =>
      remember({ ...remembered, sort: typeof update === 'function' ? update(sorting) : update }),
    getCoreRowModel: getCoreRowModel(),
    getSortedRowModel: getSortedRowModel(),
    autoResetAll: false,
    enableSortingRemoval: false,
  });

  const hidden = useMemo(
    () => remembered.hidden ?? columns.filter((each) => each.hiddenByDefault).map((each) => each.id),
    [remembered.hidden, columns],
  );
  const isHidden = (column: Column<Row>): boolean => !column.fixed && hidden.includes(column.id);
  const shown = useMemo(
    () =>
      columns.filter(
        (each) =>
          (each.fixed || !hidden.includes(each.id)) &&
          (each.from === undefined || width === 0 || width >= each.from),
      ),
    [columns, hidden, width],
  );
  return {
    table,
    columns: shown,
    isHidden,
    toggle: (column) =>
      remember({
        ...remembered,
        hidden: isHidden(column) ? hidden.filter((id) => id !== column.id) : [...hidden, column.id],
      }),
  };
}

function definition<Row>(column: Column<Row>): ColumnDef<Row, string | number | undefined> {
  const { sort } = column;
  if (!sort) return { id: column.id, enableSorting: false };
  return {
    id: column.id,
    accessorFn: (row) => sort(row) ?? undefined,
    sortUndefined: 'last',
    sortingFn: (one, other, id) =>
      compare(one.getValue<string | number>(id), other.getValue<string | number>(id)),
    sortDescFirst: false,
  };
}
