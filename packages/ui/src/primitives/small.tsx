'use client';
import type { LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';
import { useNow } from '../lib/clock.ts';
import { cx } from '../lib/cx.ts';
import { formatAgo, formatBytes, formatMoment, formatSpan } from '../lib/format.ts';
import type { Tone } from '../tokens/tokens.ts';
import { Command } from './mono.tsx';

/** How long ago, with the exact moment on hover. `span` leaves out "ago": for how long it is up. */
export function RelativeTime({
  at,
  span = false,
  className,
}: {
  /** Milliseconds since the epoch; nothing is shown as a dash. */
  at: number | Date | null | undefined;
  span?: boolean;
  className?: string | undefined;
}): ReactNode {
  const now = useNow();
  if (at === null || at === undefined) return <span className={className}>—</span>;
  const then = Number(at);
  return (
    <time
      dateTime={new Date(then).toISOString()}
      title={now === null ? undefined : formatMoment(then)}
      className={cx('whitespace-nowrap', className)}
    >
      {now === null ? '' : span ? formatSpan((now - then) / 1000) : formatAgo(then, now)}
    </time>
  );
}

/** A size in binary units, with the exact number of bytes on hover. */
export function Bytes({
  value,
  className,
}: {
  value: number | null | undefined;
  className?: string | undefined;
}): ReactNode {
  return (
    <span
      title={typeof value === 'number' ? `${value.toLocaleString('en')} bytes` : undefined}
      className={cx('whitespace-nowrap', className)}
    >
      {formatBytes(value)}
    </span>
  );
}

/** A grey place of the size of what will come, so that nothing jumps. */
export function Skeleton({ className }: { className?: string | undefined }): ReactNode {
  return <span aria-hidden className={cx('block h-3.5 animate-breathe rounded-sm bg-grey-4', className)} />;
}

const bars: Record<Tone | 'accent', string> = {
  accent: 'bg-accent-ring',
  ok: 'bg-ok-dot',
  warn: 'bg-warn-dot',
  bad: 'bg-bad-dot',
  info: 'bg-info-dot',
  idle: 'bg-grey-8',
};

/** How far something is, or how full. `value` is a share of one; null while not known. */
export function Progress({
  value,
  label,
  tone = 'accent',
  className,
}: {
  value: number | null;
  label: string;
  tone?: Tone | 'accent';
  className?: string | undefined;
}): ReactNode {
  const percent = value === null ? undefined : Math.round(Math.min(1, Math.max(0, value)) * 100);
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent}
      className={cx('h-1 w-full overflow-hidden rounded-full bg-grey-4', className)}
    >
      <div
        className={cx(
          'h-full rounded-full transition-[width] duration-150',
          bars[tone],
          value === null && 'w-1/3 animate-breathe',
        )}
        style={percent === undefined ? undefined : { width: `${percent}%` }}
      />
    </div>
  );
}

/** A list with nothing in it: what would be here, the first step, and the command that does the same. */
export function EmptyState({
  icon: Icon,
  title,
  children,
  action,
  command,
  className,
}: {
  icon: LucideIcon;
  title: string;
  children?: ReactNode;
  action?: ReactNode;
  command?: string | undefined;
  className?: string | undefined;
}): ReactNode {
  return (
    <div
      className={cx('mx-auto flex w-full max-w-md flex-col items-center px-4 py-14 text-center', className)}
    >
      <Icon aria-hidden size={28} strokeWidth={1.25} className="mb-3 text-grey-9" />
      <h2 className="text-lg font-semibold">{title}</h2>
      {children && <p className="mt-1 text-sm text-balance text-grey-10">{children}</p>}
      {action && <div className="mt-4 flex flex-wrap justify-center gap-2">{action}</div>}
      {command && (
        <div className="mt-6 w-full">
          <p className="mb-1.5 text-left text-xs text-grey-10">The same in a shell</p>
          <Command>{command}</Command>
        </div>
      )}
    </div>
  );
}
