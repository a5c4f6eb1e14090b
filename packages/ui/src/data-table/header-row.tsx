'use client';
import { ArrowDown, ArrowUp } from 'lucide-react';
import type { ReactNode } from 'react';
import { cx } from '../lib/cx.ts';
import { Checkbox } from '../primitives/check.tsx';
import type { Column } from './types.ts';
import type { RowsState } from './use-rows.ts';

/** Names of the columns; those that sort are buttons. */
export function HeaderRow<Row>({
  state,
  template,
  selectable,
  phone,
}: {
  state: RowsState<Row>;
  template: string;
  selectable: boolean;
  phone: boolean;
}): ReactNode {
  const { table } = state;
  const all = table.getIsAllRowsSelected();
  return (
    // biome-ignore lint/a11y/useSemanticElements: part of a table made of divs
    // biome-ignore lint/a11y/useFocusableInteractive: a header row is not focusable
    <div
      role="row"
      aria-rowindex={1}
      style={{ gridTemplateColumns: template }}
      className="grid h-8 items-center border-b border-grey-5 px-2"
    >
      {selectable && (
        // biome-ignore lint/a11y/useSemanticElements: part of a table made of divs
        // biome-ignore lint/a11y/useFocusableInteractive: its check box is
        <div role="columnheader" className="flex justify-center">
          <Checkbox
            label="Select all rows"
            labelHidden
            checked={all ? true : table.getIsSomeRowsSelected() ? 'indeterminate' : false}
            onChange={(on) => table.toggleAllRowsSelected(on)}
          />
        </div>
      )}
      {phone ? (
        <>
          {/* biome-ignore lint/a11y: part of a table made of divs */}
          <div role="columnheader">Name and state</div>
          {/* biome-ignore lint/a11y: part of a table made of divs */}
          <div role="columnheader">Actions</div>
        </>
      ) : (
        state.columns.map((column) => <HeaderCell key={column.id} column={column} state={state} />)
      )}
    </div>
  );
}

function HeaderCell<Row>({ column, state }: { column: Column<Row>; state: RowsState<Row> }): ReactNode {
  const own = state.table.getColumn(column.id);
  const sorted = own?.getIsSorted() ?? false;
  const end = column.align === 'end';
  const Arrow = sorted === 'desc' ? ArrowDown : ArrowUp;
  return (
    // biome-ignore lint/a11y/useSemanticElements: part of a table made of divs
    // biome-ignore lint/a11y/useFocusableInteractive: its button is, where it sorts
    <div
      role="columnheader"
      aria-sort={
        column.sort ? (sorted === 'asc' ? 'ascending' : sorted === 'desc' ? 'descending' : 'none') : undefined
      }
      className={cx('flex min-w-0 items-center px-2 text-xs text-grey-10', end && 'justify-end')}
    >
      {column.sort ? (
        <button
          type="button"
          onClick={() => own?.toggleSorting(sorted === 'asc')}
          className={cx(
            'focus-inset group/sort -mx-1.5 flex h-6 min-w-0 items-center gap-1 rounded-sm px-1.5 hover:bg-grey-3 hover:text-grey-12',
            sorted && 'font-medium text-grey-12',
            end && 'flex-row-reverse',
          )}
        >
          <span className="clip">{column.header}</span>
          <Arrow
            aria-hidden
            size={12}
            className={cx(
              'shrink-0',
              !sorted && 'invisible group-hover/sort:visible group-hover/sort:opacity-50',
            )}
          />
        </button>
      ) : (
        <span className={column.headerHidden ? 'sr-only' : 'clip'}>{column.header}</span>
      )}
    </div>
  );
}
