'use client';
import { LinkTabs } from '@berth/ui';
import Link from 'next/link';
import { usePathname } from 'next/navigation';
import type { ReactNode } from 'react';
import { PageHeader, PageScroll } from '../page.tsx';

const tabs = [
  { href: '/settings', label: 'Appearance' },
  { href: '/settings/account', label: 'Account' },
  { href: '/settings/self-check', label: 'Self-check' },
];

export function SettingsFrame({ children }: { children: ReactNode }) {
  const path = usePathname();
  return (
    <>
      <PageHeader title="Settings" />
      <LinkTabs
        label="Settings"
        Link={Link}
        className="shrink-0 px-4"
        tabs={tabs.map((tab) => ({ ...tab, current: tab.href === path }))}
      />
      <PageScroll className="max-w-198 pt-6">{children}</PageScroll>
    </>
  );
}
