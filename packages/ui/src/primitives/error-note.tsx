'use client';
import { CircleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { cx } from '../lib/cx.ts';
import { Button } from './button.tsx';
import { CopyButton } from './copy-button.tsx';

/** The sentence of anything thrown. */
export function messageOf(error: unknown): string {
  if (error instanceof Error) return error.message;
  return typeof error === 'string' ? error : 'Something unexpected was thrown.';
}

export interface ErrorNoteProps {
  error: unknown;
  /** What could not be done: "The containers could not be listed". */
  title?: string | undefined;
  onRetry?: (() => void) | undefined;
  className?: string | undefined;
}

/** What happened, the engine's own words, a way to copy them and to try again. */
export function ErrorNote({ error, title, onRetry, className }: ErrorNoteProps): ReactNode {
  const message = messageOf(error);
  return (
    <div
      role="alert"
      className={cx(
        'flex items-start gap-2.5 rounded-md border border-bad-dot/40 bg-bad-soft px-3 py-2 text-sm',
        className,
      )}
    >
      <CircleAlert aria-hidden size={16} className="mt-0.5 shrink-0 text-bad-dot" />
      <div className="min-w-0 flex-1 self-center">
        {title && <p className="font-medium text-grey-12">{title}</p>}
        <p className="break-words text-bad-text">{message}</p>
      </div>
      <div className="-my-0.5 flex shrink-0 items-center gap-1">
        {onRetry && (
          <Button size="sm" kind="ghost" onClick={onRetry}>
            Try again
          </Button>
        )}
        <CopyButton text={[title, message].filter(Boolean).join('\n')} label="Copy the details" />
      </div>
    </div>
  );
}
