'use client';
import { X } from 'lucide-react';
import { Dialog as Radix } from 'radix-ui';
import type { ReactNode } from 'react';
import { cx } from '../lib/cx.ts';
import { IconButton } from './button.tsx';

/** A panel from the side: the navigation on a phone, the list of jobs. */
export function Sheet({
  open,
  onOpenChange,
  title,
  side = 'right',
  action,
  className,
  children,
}: {
  open: boolean;
  onOpenChange(open: boolean): void;
  title: string;
  side?: 'left' | 'right';
  action?: ReactNode;
  className?: string | undefined;
  children: ReactNode;
}): ReactNode {
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 bg-[oklch(0.15_0.01_255/0.45)]" />
        <Radix.Content
          aria-describedby={undefined}
          className={cx(
            'fixed inset-y-0 z-40 flex w-[min(420px,calc(100vw-2.5rem))] flex-col bg-grey-1 shadow-float outline-none',
            side === 'left' ? 'left-0 animate-slide-left border-r' : 'right-0 animate-slide-right border-l',
            className,
          )}
        >
          <header className="flex h-(--bar-height) shrink-0 items-center gap-2 border-b border-grey-5 pr-12 pl-4">
            <Radix.Title className="clip flex-1 text-lg font-semibold">{title}</Radix.Title>
            {action}
          </header>
          <div className="min-h-0 flex-1 overflow-y-auto">{children}</div>
          {/* Last, so that the focus goes to what the sheet is about. */}
          <Radix.Close asChild>
            <IconButton label="Close" icon={X} className="absolute top-2 right-2" />
          </Radix.Close>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
