import type uPlot from 'uplot';
import { tokenColour, tokenColourAlpha } from '../lib/colour.ts';
import type { ColourName } from '../tokens/tokens.ts';
import type { ChartProps } from './chart.tsx';

const inks = ['data-1', 'data-2', 'data-3', 'data-4'] as const satisfies ColourName[];
/** Distances between the axis's lines for sizes: 1, 2, 4 … bytes, so that labels are round in KiB and MiB. */
const binarySteps = Array.from({ length: 48 }, (_, power) => 2 ** power);
const clock = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hour12: false,
});

/** uPlot's options in the theme's colours. `props` is asked at drawing time, so limits and windows may move. */
export function chartOptions({
  width,
  height,
  props,
  onCursor,
}: {
  width: number;
  height: number;
  props: () => ChartProps;
  onCursor: (index: number | null) => void;
}): uPlot.Options {
  const { series, syncKey, format } = props();
  const line = tokenColour('grey-4');
  const text = tokenColour('grey-10');
  const font = `11px ${getComputedStyle(document.documentElement).fontFamily}`;
  return {
    width,
    height,
    padding: [8, 6, 0, 0],
    legend: { show: false },
    cursor: {
      y: false,
      drag: { setScale: false, x: false, y: false },
      points: { size: 6, width: 0 },
      ...(syncKey ? { sync: { key: syncKey } } : {}),
    },
    scales: {
      x: { time: true, range: (_, low, high) => timeRange(props().windowSeconds, low, high) },
      y: { range: (_, __, high) => [0, top(props(), high)] },
    },
    axes: [
      {
        stroke: text,
        font,
        size: 22,
        gap: 4,
        space: 72,
        grid: { show: false },
        ticks: { show: false },
        values: (_, splits) => splits.map((split) => clock.format(split * 1000)),
      },
      {
        stroke: text,
        font,
        size: 64,
        gap: 6,
        space: 32,
        grid: { stroke: line, width: 1 },
        ticks: { show: false },
        values: (_, splits) => splits.map((split) => format(split)),
        ...(props().binary ? { incrs: binarySteps } : {}),
      },
    ],
    series: [
      {},
      ...series.map((each, index): uPlot.Series => {
        const ink = each.colour ?? inks[index % inks.length] ?? 'data-1';
        return {
          label: each.label,
          stroke: tokenColour(ink),
          width: 1.5,
          points: { show: false },
          spanGaps: false,
          ...(each.fill ? { fill: tokenColourAlpha(ink, 0.12) } : {}),
        };
      }),
    ],
    hooks: {
      setCursor: [
        (plot) =>
          onCursor(
            plot.cursor.left !== undefined && plot.cursor.left >= 0 ? (plot.cursor.idx ?? null) : null,
          ),
      ],
      draw: [(plot) => drawLimit(plot, props())],
    },
  };
}

function timeRange(
  windowSeconds: number | undefined,
  low: number | null,
  high: number | null,
): [number, number] {
  const end = high ?? Date.now() / 1000;
  return [windowSeconds ? end - windowSeconds : (low ?? end - 60), end];
}

/** The top of the axis: above the values, and above the limit unless the limit is far away. */
function top({ limit, minTop = 0 }: ChartProps, high: number | null): number {
  const values = Math.max(high ?? 0, minTop);
  const withLimit =
    limit && (values === 0 || limit.value < values * 4) ? Math.max(values, limit.value) : values;
  return withLimit > 0 ? withLimit * 1.12 : 1;
}

function drawLimit(plot: uPlot, { limit }: ChartProps): void {
  if (!limit) return;
  const { ctx, bbox } = plot;
  const ratio = devicePixelRatio;
  const wanted = plot.valToPos(limit.value, 'y', true);
  const outside = wanted < bbox.top;
  const y = Math.round(outside ? bbox.top : wanted) + 0.5;
  ctx.save();
  ctx.strokeStyle = tokenColour('bad-dot');
  ctx.fillStyle = tokenColour('bad-text');
  ctx.lineWidth = ratio;
  ctx.setLineDash([4 * ratio, 3 * ratio]);
  if (!outside) {
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
  }
  ctx.font = `${11 * ratio}px ${getComputedStyle(document.documentElement).fontFamily}`;
  ctx.textAlign = 'right';
  ctx.textBaseline = y - bbox.top < 16 * ratio ? 'top' : 'bottom';
  ctx.fillText(
    outside ? `${limit.label} ↑` : limit.label,
    bbox.left + bbox.width - 4 * ratio,
    y + (ctx.textBaseline === 'top' ? 3 : -3) * ratio,
  );
  ctx.restore();
}
