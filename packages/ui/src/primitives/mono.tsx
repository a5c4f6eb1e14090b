'use client';
import type { ReactNode } from 'react';
import { cx } from '../lib/cx.ts';
import { shortId } from '../lib/format.ts';
import { CopyButton } from './copy-button.tsx';

/** A machine's own word: path, image, address, command. Cut with an ellipsis when told; the title keeps the whole. */
export function Mono({
  children,
  clip = false,
  copy = false,
  className,
}: {
  children: string;
  clip?: boolean;
  /** Adds a copy button that appears on hover and focus. */
  copy?: boolean;
  className?: string | undefined;
}): ReactNode {
  const text = (
    <span
      title={clip ? children : undefined}
      className={cx('font-mono', clip ? 'clip' : 'break-all', className)}
    >
      {children}
    </span>
  );
  if (!copy) return text;
  return (
    <span className="group/copy inline-flex max-w-full min-w-0 items-center gap-1">
      {text}
      <CopyButton text={children} quiet />
    </span>
  );
}

/** A short id that copies the long one. */
export function Id({ id, className }: { id: string; className?: string | undefined }): ReactNode {
  return (
    <span className="group/copy inline-flex items-center gap-1">
      <span title={id} className={cx('font-mono text-grey-10', className)}>
        {shortId(id)}
      </span>
      <CopyButton text={id} quiet label="Copy the full id" />
    </span>
  );
}

/** A key or a combination, as printed on the keyboard. */
export function Kbd({ children, inverse = false }: { children: string; inverse?: boolean }): ReactNode {
  return (
    <kbd
      className={cx(
        'inline-flex h-[18px] min-w-[18px] items-center justify-center rounded-sm border px-1 font-sans text-[11px] leading-none',
        inverse ? 'border-grey-10 text-grey-4' : 'border-grey-6 text-grey-10',
      )}
    >
      {children}
    </kbd>
  );
}

/** A command with its copy button, for empty states and "the same in a shell". */
export function Command({
  children,
  className,
}: {
  children: string;
  className?: string | undefined;
}): ReactNode {
  return (
    <div
      className={cx(
        'flex items-start gap-2 rounded-md border border-grey-5 bg-grey-2 py-1.5 pr-1.5 pl-3',
        className,
      )}
    >
      <code className="min-w-0 flex-1 self-center text-left text-xs leading-5 break-words whitespace-pre-wrap text-grey-12">
        {children}
      </code>
      <CopyButton text={children} />
    </div>
  );
}
