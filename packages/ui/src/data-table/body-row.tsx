'use client';
import { type KeyboardEvent, memo, type ReactNode } from 'react';
import { cx } from '../lib/cx.ts';
import { Checkbox } from '../primitives/check.tsx';
import { Skeleton } from '../primitives/small.tsx';
import type { Column } from './types.ts';

export interface BodyRowProps<Row> {
  row: Row;
  name: string;
  index: number;
  last: number;
  /** Distance from the top of the list, pixels. */
  top: number;
  height: number;
  template: string;
  columns: readonly Column<Row>[];
  phone: { first: ReactNode; second: ReactNode; end?: ReactNode } | null;
  selected: boolean;
  canSelect: boolean;
  selectable: boolean;
  tabbable: boolean;
  testId: string;
  onSelect(range: boolean): void;
  onMove(to: number): void;
  onFocus(): void;
  onOpen?: (() => void) | undefined;
}

/** Keys of a focused row; keys pressed inside its buttons and links are theirs. */
function onKey<Row>(event: KeyboardEvent<HTMLElement>, props: BodyRowProps<Row>): void {
  if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey) return;
  const page = 12;
  const moves: Record<string, number> = {
    ArrowDown: props.index + 1,
    ArrowUp: props.index - 1,
    PageDown: props.index + page,
    PageUp: props.index - page,
    Home: 0,
    End: props.last,
    j: props.index + 1,
    k: props.index - 1,
  };
  const to = moves[event.key];
  if (to !== undefined) props.onMove(to);
  else if (event.key === 'Enter' && props.onOpen) props.onOpen();
  else if ((event.key === ' ' || event.key === 'x') && props.selectable && props.canSelect)
    props.onSelect(event.shiftKey);
  else return;
  event.preventDefault();
}

export function BodyRow<Row>(props: BodyRowProps<Row>): ReactNode {
  const { row, name, index, top, height, template, columns, phone, selected, selectable } = props;
  return (
    // biome-ignore lint/a11y/useSemanticElements: rows are placed one by one, which table elements do not allow
    <div
      role="row"
      tabIndex={props.tabbable ? 0 : -1}
      aria-rowindex={index + 2}
      data-index={index}
      data-row={props.testId}
      data-selected={selected || undefined}
      onKeyDown={(event) => onKey(event, props)}
      onFocus={(event) => {
        if (event.target === event.currentTarget) props.onFocus();
      }}
      style={{ gridTemplateColumns: template, height, transform: `translateY(${top}px)` }}
      className={cx(
        'focus-inset group/row absolute inset-x-0 top-0 grid items-center border-b border-grey-4 px-2 text-sm',
        selected ? 'bg-accent-soft hover:bg-accent-soft-hover' : 'hover:bg-grey-2',
      )}
    >
      {selectable && (
        // biome-ignore lint/a11y/useSemanticElements: see above
        <div
          role="cell"
          className="flex h-full items-center justify-center"
          onClickCapture={(event) => {
            event.preventDefault();
            event.stopPropagation();
            if (props.canSelect) props.onSelect(event.shiftKey);
          }}
        >
          {props.canSelect && (
            <Checkbox label={`Select ${name}`} labelHidden checked={selected} onChange={() => undefined} />
          )}
        </div>
      )}
      {phone ? (
        <>
          {/* biome-ignore lint/a11y/useSemanticElements: see above */}
          <div role="cell" className="flex min-w-0 flex-col gap-0.5 px-2">
            <div className="flex min-w-0 items-center gap-2">{phone.first}</div>
            <div className="flex min-w-0 items-center gap-2 text-xs text-grey-10">{phone.second}</div>
          </div>
          {/* biome-ignore lint/a11y/useSemanticElements: see above */}
          <div role="cell" className="flex justify-end">
            {phone.end}
          </div>
        </>
      ) : (
        <Cells row={row} columns={columns} />
      )}
    </div>
  );
}

interface CellsProps<Row> {
  row: Row;
  columns: readonly Column<Row>[];
}

/** Drawn again only when the row or the columns change, not when the list moves. */
const Cells = memo(function Cells<Row>({ row, columns }: CellsProps<Row>): ReactNode {
  return columns.map((column) => (
    // biome-ignore lint/a11y/useSemanticElements: part of a table made of divs
    <div
      role="cell"
      key={column.id}
      className={cx('flex min-w-0 items-center px-2', column.align === 'end' && 'justify-end text-right')}
    >
      {column.cell(row)}
    </div>
  ));
}) as <Row>(props: CellsProps<Row>) => ReactNode;

const places = Array.from({ length: 8 }, (_, index) => `place-${index}`);

/** Grey rows of the right height until the first answer. */
export function LoadingRows({
  template,
  columns,
  height,
}: {
  template: string;
  columns: number;
  height: number;
}): ReactNode {
  return places.map((place, row) => (
    <div
      key={place}
      aria-hidden
      style={{ gridTemplateColumns: template, height }}
      className="grid items-center border-b border-grey-4 px-2"
    >
      {Array.from({ length: columns }, (_, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: places have no identity
        <div key={index} className="px-2">
          {index > 0 && <Skeleton className={['w-3/5', 'w-4/5', 'w-1/2'][(row + index) % 3]} />}
        </div>
      ))}
    </div>
  ));
}
