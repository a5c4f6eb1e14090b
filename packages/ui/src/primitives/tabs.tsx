'use client';
import type { ComponentType, ReactNode } from 'react';
import { cx } from '../lib/cx.ts';

export interface TabLink {
  href: string;
  label: string;
  current: boolean;
  /** A count or mark after the label. */
  badge?: ReactNode | undefined;
}

interface LinkLike {
  href: string;
  className?: string;
  children?: ReactNode;
  'aria-current'?: 'page' | undefined;
  prefetch?: boolean;
}

/** Parts of one page as links: each has its own address. `Link` is the router's link component. */
export function LinkTabs({
  tabs,
  label,
  Link,
  className,
}: {
  tabs: readonly TabLink[];
  label: string;
  Link: ComponentType<LinkLike>;
  className?: string | undefined;
}): ReactNode {
  return (
    <nav
      aria-label={label}
      className={cx('flex gap-1 overflow-x-auto border-b border-grey-5 [scrollbar-width:none]', className)}
    >
      {tabs.map((tab) => (
        <Link
          key={tab.href}
          href={tab.href}
          aria-current={tab.current ? 'page' : undefined}
          className={cx(
            'focus-inset relative flex h-9 shrink-0 items-center gap-1.5 rounded-md px-2.5 text-sm',
            tab.current
              ? 'font-medium text-grey-12 after:absolute after:inset-x-2.5 after:-bottom-px after:h-0.5 after:bg-accent-ring'
              : 'text-grey-10 hover:text-grey-12',
          )}
        >
          {tab.label}
          {tab.badge}
        </Link>
      ))}
    </nav>
  );
}
