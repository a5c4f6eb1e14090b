'use client';
import { useVirtualizer } from '@tanstack/react-virtual';
import { ArrowDown } from 'lucide-react';
import {
  type ReactNode,
  type Ref,
  useEffect,
  useImperativeHandle,
  useLayoutEffect,
  useRef,
  useState,
} from 'react';
import { cx } from '../lib/cx.ts';
import { Button } from '../primitives/button.tsx';
import { LogLineView } from './log-line.tsx';

export interface LogViewLine {
  /** Unique and stable. */
  key: string | number;
  stream: 'stdout' | 'stderr';
  /** Milliseconds since the epoch. */
  timeMs: number;
  text: string;
  /** An event of the container drawn between the lines instead of a line: "stopped". */
  notice?: boolean | undefined;
}

export interface LogViewHandle {
  scrollToEnd(): void;
  scrollToIndex(index: number): void;
}

export interface LogViewProps {
  /** Accessible name: "Logs of web". */
  label: string;
  lines: readonly LogViewLine[];
  wrap: boolean;
  timestamps: boolean;
  fontSize?: number | undefined;
  /** What to mark inside the lines. A global expression. */
  highlight?: RegExp | null | undefined;
  /** The line a search stands at. */
  currentIndex?: number | null | undefined;
  /** The top came into sight: load older lines and put them in front. */
  onOlder?: (() => void) | undefined;
  /** Above the oldest line: "Beginning of the log", a spinner. */
  head?: ReactNode;
  /** Instead of lines when there are none. */
  empty?: ReactNode;
  className?: string | undefined;
  ref?: Ref<LogViewHandle> | undefined;
}

const nearEnd = 24;

/**
 * Lines of a log; only those on screen are drawn. It follows the end until the reader scrolls up, and then never moves
 * by itself: older lines in front keep the place, new ones are only counted on the button that goes back.
 */
export function LogView(props: LogViewProps): ReactNode {
  const {
    lines,
    wrap,
    timestamps,
    fontSize = 12,
    highlight = null,
    currentIndex = null,
    onOlder,
    ref,
  } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const [following, setFollowing] = useState(true);
  const seen = useRef<LogViewLine['key'] | undefined>(undefined);
  const firstKey = useRef<LogViewLine['key'] | undefined>(undefined);
  const lineHeight = Math.round(fontSize * 1.6);

  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => lineHeight,
    getItemKey: (index) => lines[index]?.key ?? index,
    overscan: 20,
  });

  const toEnd = (): void => {
    setFollowing(true);
    if (lines.length > 0) virtual.scrollToIndex(lines.length - 1, { align: 'end' });
  };
  useImperativeHandle(ref, () => ({
    scrollToEnd: toEnd,
    scrollToIndex: (index) => {
      setFollowing(false);
      virtual.scrollToIndex(index, { align: 'center' });
    },
  }));

  // Older lines came in front: stay at the line that was on top.
  useLayoutEffect(() => {
    const first = lines[0]?.key;
    const before = firstKey.current;
    firstKey.current = first;
    if (before === undefined || first === before || following) return;
    const added = lines.findIndex((line) => line.key === before);
    if (added > 0 && scroller.current) scroller.current.scrollTop += added * lineHeight;
  }, [lines, following, lineHeight]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the end moves with the lines and their height
  useLayoutEffect(() => {
    if (!following || lines.length === 0) return;
    seen.current = lines[lines.length - 1]?.key;
    virtual.scrollToIndex(lines.length - 1, { align: 'end' });
  }, [lines, following, wrap, timestamps, fontSize]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: heights are taken anew when lines look different
  useEffect(() => virtual.measure(), [wrap, fontSize]);

  const onScroll = (): void => {
    const element = scroller.current;
    if (!element) return;
    const atEnd = element.scrollHeight - element.scrollTop - element.clientHeight < nearEnd;
    if (atEnd !== following) {
      if (!atEnd) seen.current = lines[lines.length - 1]?.key;
      setFollowing(atEnd);
    }
    if (element.scrollTop < 200) onOlder?.();
  };

  const items = virtual.getVirtualItems();
  const fresh = following ? 0 : newSince(lines, seen.current);
  return (
    <div className={cx('relative flex min-h-0 min-w-0 flex-1', props.className)}>
      <div
        ref={scroller}
        role="log"
        aria-label={props.label}
        aria-live="off"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
        tabIndex={0}
        data-testid="log-lines"
        onScroll={onScroll}
        style={{ fontSize, lineHeight: `${lineHeight}px` }}
        className="focus-inset min-h-0 flex-1 overflow-auto overscroll-contain py-1 font-mono [overflow-anchor:none]"
      >
        {props.head}
        {lines.length === 0 ? (
          props.empty
        ) : (
          <div className={cx('relative', !wrap && 'min-w-max')} style={{ height: virtual.getTotalSize() }}>
            <div
              className={wrap ? 'w-full' : 'min-w-full'}
              style={{ transform: `translateY(${items[0]?.start ?? 0}px)` }}
            >
              {items.map((item) => {
                const line = lines[item.index];
                if (!line) return null;
                return (
                  <div key={item.key} data-index={item.index} ref={virtual.measureElement}>
                    <LogLineView
                      line={line}
                      wrap={wrap}
                      timestamps={timestamps}
                      highlight={highlight}
                      current={item.index === currentIndex}
                    />
                  </div>
                );
              })}
            </div>
          </div>
        )}
      </div>
      {!following && (
        <Button
          size="sm"
          icon={ArrowDown}
          onClick={toEnd}
          data-testid="jump-to-latest"
          className="absolute right-4 bottom-3 shadow-float"
        >
          Jump to latest{fresh > 0 ? ` (${fresh} new)` : ''}
        </Button>
      )}
    </div>
  );
}

function newSince(lines: readonly LogViewLine[], key: LogViewLine['key'] | undefined): number {
  if (key === undefined) return 0;
  for (let index = lines.length - 1; index >= 0; index -= 1)
    if (lines[index]?.key === key) return lines.length - 1 - index;
  return lines.length;
}
