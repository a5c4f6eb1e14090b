'use client';
import { cx } from '@berth/ui';
import type { ReactNode } from 'react';

/** Title line of a page: what it is, a fact or two, then search and the main action. */
export function PageHeader({
  title,
  meta,
  children,
}: {
  title: string;
  meta?: ReactNode;
  children?: ReactNode;
}) {
  return (
    <div className="flex min-h-14 shrink-0 flex-wrap items-center gap-x-3 gap-y-2 px-4 pt-3 pb-2">
      <h1 className="text-xl font-semibold">{title}</h1>
      {meta && <div className="text-sm text-grey-10">{meta}</div>}
      {children && <div className="flex w-full items-center gap-2 sm:ml-auto sm:w-auto">{children}</div>}
    </div>
  );
}

/** A page that scrolls as a whole. */
export function PageScroll({ className, children }: { className?: string; children: ReactNode }) {
  return (
    <div className="min-h-0 flex-1 overflow-y-auto">
      <div className={cx('px-4 pb-12', className)}>{children}</div>
    </div>
  );
}
