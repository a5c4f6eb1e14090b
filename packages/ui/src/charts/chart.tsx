'use client';
import 'uplot/dist/uPlot.min.css';
import { type ReactNode, useEffect, useMemo, useRef, useState } from 'react';
import type uPlot from 'uplot';
import { cx } from '../lib/cx.ts';
import { useTheme } from '../lib/theme.ts';
import type { ColourName } from '../tokens/tokens.ts';
import { chartOptions } from './options.ts';

export interface ChartSeries {
  label: string;
  /** One value per time; null leaves a gap. */
  values: readonly (number | null)[];
  colour?: ColourName | undefined;
  /** Soft ground under the line. */
  fill?: boolean | undefined;
}

export interface ChartProps {
  title: string;
  /** Seconds since the epoch, rising. */
  times: readonly number[];
  series: readonly ChartSeries[];
  format: (value: number) => string;
  /** Drawn as a dashed line with its name. */
  limit?: { value: number; label: string } | null | undefined;
  /** Charts with the same key share the cursor. */
  syncKey?: string | undefined;
  /** Pixels, without the title line. */
  height?: number | undefined;
  /** Seconds to show up to the newest time; without it the whole series. */
  windowSeconds?: number | undefined;
  /** The axis reaches at least this far. */
  minTop?: number | undefined;
  /** Values are bytes: the axis counts in powers of two. */
  binary?: boolean | undefined;
  className?: string | undefined;
}

/**
 * A time series on a canvas: units on the axis, gaps as gaps, the limit as a line, one cursor for all charts of a
 * group. The values under the cursor (else the newest) stand in the title line, where screen readers find them too.
 */
export function Chart(props: ChartProps): ReactNode {
  const { title, times, series, format, height = 140, windowSeconds, limit } = props;
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const { resolved: theme } = useTheme();
  const [cursor, setCursor] = useState<number | null>(null);
  const shape = series.map((each) => `${each.label}:${each.colour ?? ''}:${each.fill ?? ''}`).join('|');
  const data = useMemo(
    () => [times, ...series.map((each) => each.values)] as unknown as uPlot.AlignedData,
    [times, series],
  );
  const newest = useRef(data);
  newest.current = data;

  // biome-ignore lint/correctness/useExhaustiveDependencies: made anew when its shape or the colours change
  useEffect(() => {
    const element = host.current;
    if (!element) return;
    const end = new AbortController();
    void import('uplot').then(({ default: UPlot }) => {
      if (end.signal.aborted) return;
      const options = chartOptions({
        width: element.clientWidth,
        height,
        props: () => latest.current,
        onCursor: setCursor,
      });
      plot.current = new UPlot(options, newest.current, element);
    });
    const observer = new ResizeObserver(() => plot.current?.setSize({ width: element.clientWidth, height }));
    observer.observe(element);
    return () => {
      end.abort();
      observer.disconnect();
      plot.current?.destroy();
      plot.current = null;
    };
  }, [shape, theme, height, props.syncKey]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a limit or window that moved must be drawn
  useEffect(() => {
    plot.current?.setData(data);
  }, [data, limit?.value, windowSeconds]);

  const index = cursor ?? times.length - 1;
  return (
    <figure className={cx('m-0 min-w-0', props.className)}>
      <figcaption className="flex min-h-6 flex-wrap items-center gap-x-3 text-xs">
        <span className="text-sm font-medium">{title}</span>
        <span className="ml-auto flex flex-wrap gap-x-3 text-grey-10">
          {series.map((each, place) => (
            <span key={each.label} className="inline-flex items-center gap-1.5 whitespace-nowrap">
              <i
                aria-hidden
                className="h-0.5 w-2.5"
                style={{ background: `var(--${each.colour ?? `data-${(place % 4) + 1}`})` }}
              />
              {series.length > 1 && each.label}
              <span className="min-w-12 text-right text-grey-12">{readout(each.values[index], format)}</span>
            </span>
          ))}
        </span>
      </figcaption>
      <div ref={host} style={{ height }} aria-hidden className="[&_.u-legend]:hidden" />
    </figure>
  );
}

const readout = (value: number | null | undefined, format: (value: number) => string): string =>
  value === null || value === undefined ? '—' : format(value);
