'use client';
import { type ReactNode, useId } from 'react';
import { cx } from '../lib/cx.ts';

const ink = { calm: 'text-data-1', warn: 'text-warn-dot', bad: 'text-bad-dot', idle: 'text-grey-8' } as const;

/**
 * The last values as one small line over a soft ground. Values that are missing leave a gap.
 * `max` fixes the top, so that 3 % looks like 3 %; without it the largest value is the top.
 */
export function Sparkline({
  values,
  max,
  slots = 30,
  width = 64,
  height = 18,
  tone = 'calm',
  label,
  className,
}: {
  values: readonly (number | null)[];
  max?: number | undefined;
  /** Places on the axis: a young series starts at the right edge. */
  slots?: number;
  width?: number;
  height?: number;
  tone?: keyof typeof ink;
  /** Said to screen readers; leave out when the number stands beside it. */
  label?: string | undefined;
  className?: string | undefined;
}): ReactNode {
  const clip = useId();
  const shown = values.slice(-slots);
  const top = max ?? Math.max(1e-9, ...shown.map((value) => value ?? 0));
  const step = width / Math.max(1, slots - 1);
  const x = (index: number): number => width - (shown.length - 1 - index) * step;
  const y = (value: number): number => height - 1 - Math.min(1, Math.max(0, value / top)) * (height - 2.5);
  const runs = segments(shown);
  return (
    // biome-ignore lint/a11y/noSvgWithoutTitle: it has one when it is not decoration
    <svg
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      role={label ? 'img' : 'presentation'}
      aria-hidden={label ? undefined : true}
      className={cx('shrink-0 overflow-hidden', ink[tone], className)}
    >
      {label && <title>{label}</title>}
      <line x1={0} x2={width} y1={height - 0.5} y2={height - 0.5} className="stroke-grey-5" />
      {runs.map(({ start, values: run }) => {
        const points = run.map((value, index) => `${x(start + index).toFixed(1)},${y(value).toFixed(1)}`);
        const last = start + run.length - 1;
        return (
          <g key={`${clip}${start}`}>
            <polygon
              points={`${x(start)},${height} ${points.join(' ')} ${x(last)},${height}`}
              className="fill-current opacity-14"
            />
            <polyline
              points={points.join(' ')}
              fill="none"
              stroke="currentColor"
              strokeWidth={1.25}
              strokeLinejoin="round"
              vectorEffect="non-scaling-stroke"
            />
          </g>
        );
      })}
    </svg>
  );
}

/** The stretches without a gap. */
function segments(values: readonly (number | null)[]): { start: number; values: number[] }[] {
  const runs: { start: number; values: number[] }[] = [];
  let open: { start: number; values: number[] } | undefined;
  values.forEach((value, index) => {
    if (value === null) {
      open = undefined;
      return;
    }
    if (!open) {
      open = { start: index, values: [] };
      runs.push(open);
    }
    open.values.push(value);
  });
  return runs;
}
