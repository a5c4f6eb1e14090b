'use client';
import { X } from 'lucide-react';
import { Dialog as Radix } from 'radix-ui';
import type { ReactNode } from 'react';
import { cx } from '../lib/cx.ts';
import { IconButton } from './button.tsx';

export interface DialogProps {
  open: boolean;
  onOpenChange(open: boolean): void;
  title: ReactNode;
  description?: ReactNode | undefined;
  /** Buttons, the one to press last on the right. */
  footer?: ReactNode | undefined;
  size?: 'sm' | 'md' | 'lg' | undefined;
  /** `alertdialog` for questions that must be answered: a click outside does not close it. */
  role?: 'dialog' | 'alertdialog' | undefined;
  children?: ReactNode | undefined;
}

const widths = { sm: 'sm:max-w-md', md: 'sm:max-w-xl', lg: 'sm:max-w-3xl' } as const;

/** A window over the page. On a phone it comes from the bottom edge. */
export function Dialog({
  open,
  onOpenChange,
  title,
  description,
  footer,
  size = 'sm',
  role = 'dialog',
  children,
}: DialogProps): ReactNode {
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 bg-[oklch(0.15_0.01_255/0.45)]" />
        <Radix.Content
          role={role}
          {...(description ? {} : { 'aria-describedby': undefined })}
          onInteractOutside={(event) => {
            if (role === 'alertdialog') event.preventDefault();
          }}
          className={cx(
            'fixed inset-x-0 bottom-0 z-40 flex max-h-[calc(100dvh-2rem)] flex-col rounded-t-lg border border-grey-6 bg-grey-1 shadow-float outline-none animate-in sm:inset-auto sm:top-[12vh] sm:left-1/2 sm:max-h-[76vh] sm:w-[calc(100%-2rem)] sm:-translate-x-1/2 sm:rounded-lg',
            widths[size],
          )}
        >
          <header className="px-5 pt-4 pb-3">
            <div className="min-w-0">
              <Radix.Title className="pr-8 text-lg leading-6 font-semibold break-words">{title}</Radix.Title>
              {description && (
                <Radix.Description className="mt-1 text-sm text-grey-11">{description}</Radix.Description>
              )}
            </div>
          </header>
          {children && <div className="min-h-0 flex-1 overflow-y-auto px-5 pt-1 pb-5">{children}</div>}
          {footer && (
            <footer className="flex flex-wrap justify-end gap-2 border-t border-grey-5 px-5 py-3">
              {footer}
            </footer>
          )}
          {/* Last, so that the focus goes to the first field, or to the harmless button of a question. */}
          <Radix.Close asChild>
            <IconButton label="Close" icon={X} size="sm" className="absolute top-3.5 right-3.5" />
          </Radix.Close>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
