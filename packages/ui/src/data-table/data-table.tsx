'use client';
import { useVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { cx } from '../lib/cx.ts';
import { useDensity, useIsPhone } from '../lib/theme.ts';
import { BodyRow, LoadingRows } from './body-row.tsx';
import { HeaderRow } from './header-row.tsx';
import { Toolbar } from './toolbar.tsx';
import type { DataTableProps } from './types.ts';
import { useRows } from './use-rows.ts';

const checkTrack = '36px';

/**
 * A table for long, living lists: only what is on screen is drawn, so a thousand rows stay smooth. Sorting, choice of
 * columns (both remembered), selection with a bulk bar, and the keyboard: arrows move between rows, Enter opens,
 * Space selects. On a phone a row is two lines.
 */
export function DataTable<Row>(props: DataTableProps<Row>): ReactNode {
  const { rows, rowId, label, loading = false, empty, bulk, phoneRow, onVisible } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const width = useWidth(scroller);
  const phone = useIsPhone();
  const [density] = useDensity();
  const state = useRows(props, width);
  const list = state.table.getRowModel().rows;
  const rowHeight = phone ? 60 : density === 'compact' ? 28 : 36;
  const [active, setActive] = useState(0);
  const focusWanted = useRef(false);
  const lastChecked = useRef<number | null>(null);

  const virtual = useVirtualizer({
    count: list.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    getItemKey: (index) => list[index]?.id ?? index,
    overscan: 12,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: the heights must be taken anew when the density changes
  useEffect(() => virtual.measure(), [virtual, rowHeight]);

  const items = virtual.getVirtualItems();
  const visible = items.map((item) => list[item.index]?.id ?? '').join('\n');
  useEffect(() => {
    onVisible?.(visible === '' ? [] : visible.split('\n'));
  }, [visible, onVisible]);

  useEffect(() => {
    if (!focusWanted.current) return;
    focusWanted.current = false;
    scroller.current?.querySelector<HTMLElement>(`[data-index="${active}"]`)?.focus({ preventScroll: true });
  });

  const move = (to: number): void => {
    const index = Math.max(0, Math.min(list.length - 1, to));
    focusWanted.current = true;
    virtual.scrollToIndex(index);
    setActive(index);
  };

  const select = (index: number, range: boolean): void => {
    const row = list[index];
    if (!row) return;
    const on = !row.getIsSelected();
    const from = range && lastChecked.current !== null ? lastChecked.current : index;
    const [low, high] = from < index ? [from, index] : [index, from];
    state.table.setRowSelection((before) => {
      const next = { ...before };
      for (const each of list.slice(low, high + 1)) {
        if (on && each.getCanSelect()) next[each.id] = true;
        else delete next[each.id];
      }
      return next;
    });
    lastChecked.current = index;
  };

  const template = phone
    ? `${bulk ? '40px ' : ''}minmax(0, 1fr) auto`
    : [bulk ? checkTrack : '', ...state.columns.map((column) => column.width)].filter(Boolean).join(' ');
  const showEmpty = !loading && rows.length === 0;

  return (
    <section
      aria-label={label}
      className="flex min-h-0 flex-1 flex-col"
      onKeyDown={(event) => {
        if (event.key === 'Escape' && !event.defaultPrevented) state.table.resetRowSelection(true);
      }}
    >
      <Toolbar {...props} state={state} />
      <div ref={scroller} className="min-h-0 flex-1 overflow-auto overscroll-contain border-t border-grey-5">
        {showEmpty ? (
          empty
        ) : (
          // biome-ignore lint/a11y/useSemanticElements: rows are placed one by one, which table elements do not allow
          <div
            role="table"
            aria-label={label}
            aria-rowcount={list.length + 1}
            aria-busy={loading}
            className="min-w-full"
          >
            {/* biome-ignore lint/a11y/useSemanticElements: see above */}
            <div role="rowgroup" className={cx('sticky top-0 z-10 bg-grey-1', phone && 'sr-only')}>
              <HeaderRow state={state} template={template} selectable={bulk !== undefined} phone={phone} />
            </div>
            {/* biome-ignore lint/a11y/useSemanticElements: see above */}
            <div
              role="rowgroup"
              className={cx('relative transition-opacity', props.stale && 'opacity-55')}
              style={{ height: loading ? undefined : virtual.getTotalSize() }}
            >
              {loading && (
                <LoadingRows
                  template={template}
                  columns={phone ? 2 : state.columns.length + (bulk ? 1 : 0)}
                  height={rowHeight}
                />
              )}
              {!loading &&
                items.map((item) => {
                  const row = list[item.index];
                  if (!row) return null;
                  return (
                    <BodyRow
                      key={item.key}
                      row={row.original}
                      name={props.rowName(row.original)}
                      index={item.index}
                      top={item.start}
                      height={rowHeight}
                      template={template}
                      columns={state.columns}
                      phone={phone ? phoneRow(row.original) : null}
                      selected={row.getIsSelected()}
                      canSelect={row.getCanSelect()}
                      selectable={bulk !== undefined}
                      tabbable={item.index === Math.min(active, list.length - 1)}
                      testId={rowId(row.original)}
                      onSelect={(range) => select(item.index, range)}
                      onMove={move}
                      last={list.length - 1}
                      onFocus={() => setActive(item.index)}
                      onOpen={props.onOpen ? () => props.onOpen?.(row.original) : undefined}
                    />
                  );
                })}
            </div>
          </div>
        )}
      </div>
    </section>
  );
}

function useWidth(ref: { current: HTMLElement | null }): number {
  const [width, setWidth] = useState(0);
  useEffect(() => {
    if (!ref.current) return;
    const observer = new ResizeObserver(([entry]) => {
      if (entry) setWidth(Math.round(entry.contentRect.width));
    });
    observer.observe(ref.current);
    return () => observer.disconnect();
  }, [ref]);
  return width;
}
