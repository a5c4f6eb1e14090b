'use client';
import { Columns3, X } from 'lucide-react';
import type { ReactNode } from 'react';
import { useDensity, useIsPhone } from '../lib/theme.ts';
import { IconButton } from '../primitives/button.tsx';
import { Menu, MenuCheck, MenuLabel, MenuLine } from '../primitives/menu.tsx';
import type { DataTableProps } from './types.ts';
import type { RowsState } from './use-rows.ts';

/** The line above the rows: filters and the menu of columns, or the bulk bar while something is selected. */
export function Toolbar<Row>({
  toolbar,
  bulk,
  columns,
  state,
}: DataTableProps<Row> & { state: RowsState<Row> }): ReactNode {
  const phone = useIsPhone();
  const [density, setDensity] = useDensity();
  const { table } = state;
  const selected = table.getSelectedRowModel().rows;
  const clear = (): void => table.resetRowSelection(true);
  if (bulk && selected.length > 0) {
    return (
      <div
        role="toolbar"
        aria-label="Actions on the selected rows"
        data-testid="bulk-bar"
        className="flex h-11 shrink-0 items-center gap-2 overflow-x-auto bg-accent-soft px-4 [scrollbar-width:none]"
      >
        <span aria-live="polite" className="text-sm font-medium whitespace-nowrap">
          {selected.length} selected
        </span>
        <IconButton label="Clear the selection" shortcut="Esc" icon={X} size="sm" onClick={clear} />
        <span aria-hidden className="mx-1 h-5 border-l border-grey-6" />
        {bulk({ rows: selected.map((row) => row.original), clear })}
      </div>
    );
  }
  return (
    <div className="flex h-11 shrink-0 items-center gap-2 px-4">
      <div className="flex min-w-0 flex-1 items-center gap-1 overflow-x-auto [scrollbar-width:none]">
        {toolbar}
      </div>
      {!phone && (
        <Menu trigger={<IconButton label="Columns and density" icon={Columns3} size="sm" />}>
          <MenuLabel>Columns</MenuLabel>
          {columns
            .filter((column) => !column.fixed)
            .map((column) => (
              <MenuCheck
                key={column.id}
                checked={!state.isHidden(column)}
                onChange={() => state.toggle(column)}
              >
                {column.header}
              </MenuCheck>
            ))}
          <MenuLine />
          <MenuCheck
            checked={density === 'compact'}
            onChange={(on) => setDensity(on ? 'compact' : 'comfortable')}
          >
            Compact rows
          </MenuCheck>
        </Menu>
      )}
    </div>
  );
}
