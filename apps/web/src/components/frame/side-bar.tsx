'use client';
import { cx, IconButton, Tooltip, usePreference } from '@berth/ui';
import { useQuery } from '@tanstack/react-query';
import { PanelLeftClose, PanelLeftOpen } from 'lucide-react';
import Link from 'next/link';
import { usePathname } from 'next/navigation';
import { useContainers } from '../../lib/live.tsx';
import { isProblem } from '../../lib/problems.ts';
import { useTRPC } from '../../lib/trpc.tsx';
import { Mark } from '../brand.tsx';
import { EnvironmentSwitcher } from './environment-switcher.tsx';
import { isCurrent, type PageLink, pages } from './pages.ts';

const parse = (stored: unknown): 'open' | 'folded' => (stored === 'folded' ? 'folded' : 'open');

/** Where one can go. 220 px; folds to icons; remembered. */
export function SideBar({ sheet = false }: { sheet?: boolean }) {
  const [fold, setFold] = usePreference('sidebar', parse);
  const folded = fold === 'folded' && !sheet;
  return (
    <div
      className={cx(
        'flex min-h-0 flex-col',
        sheet ? 'h-full' : ['border-r border-grey-5 bg-grey-2', folded ? 'w-13' : 'w-55'],
      )}
    >
      {!sheet && (
        <div
          className={cx(
            'flex h-(--bar-height) shrink-0 items-center gap-2',
            folded ? 'justify-center' : 'px-3',
          )}
        >
          <Link href="/" aria-label="Berth, dashboard" className="rounded-md p-1">
            <Mark />
          </Link>
          {!folded && <EnvironmentSwitcher />}
        </div>
      )}
      {sheet && (
        <div className="border-b border-grey-5 p-2">
          <EnvironmentSwitcher />
        </div>
      )}
      <nav aria-label="Pages" className="flex min-h-0 flex-1 flex-col gap-0.5 overflow-y-auto px-2 py-1">
        {pages.map((page) => (
          <PageEntry key={page.href} page={page} folded={folded} />
        ))}
      </nav>
      <div className={cx('flex shrink-0 items-center gap-2 p-2', folded && 'justify-center')}>
        {!folded && <Version />}
        {!sheet && (
          <IconButton
            size="sm"
            label={folded ? 'Unfold the side bar' : 'Fold the side bar'}
            tooltipSide="right"
            icon={folded ? PanelLeftOpen : PanelLeftClose}
            onClick={() => setFold(folded ? 'open' : 'folded')}
          />
        )}
      </div>
    </div>
  );
}

function PageEntry({ page, folded }: { page: PageLink; folded: boolean }) {
  const current = isCurrent(page.href, usePathname());
  const link = (
    <Link
      href={page.href}
      aria-current={current ? 'page' : undefined}
      aria-label={folded ? page.label : undefined}
      className={cx(
        'flex h-8 items-center gap-2.5 rounded-md text-sm',
        folded ? 'justify-center' : 'px-2.5',
        current ? 'bg-grey-4 font-medium text-grey-12' : 'text-grey-11 hover:bg-grey-3 hover:text-grey-12',
      )}
    >
      <page.icon
        aria-hidden
        size={16}
        strokeWidth={1.75}
        className={current ? 'text-grey-12' : 'text-grey-10'}
      />
      {!folded && <span className="flex-1">{page.label}</span>}
      {!folded && page.href === '/containers' && <Problems />}
    </Link>
  );
  return folded ? (
    <Tooltip text={page.label} side="right">
      {link}
    </Tooltip>
  ) : (
    link
  );
}

/** How many containers need a look. */
function Problems() {
  const problems = useContainers().rows.filter(isProblem).length;
  if (problems === 0) return null;
  return (
    <span
      title="Containers that need a look"
      className="rounded-sm bg-bad-soft px-1.5 text-xs leading-5 font-medium text-bad-text"
    >
      {problems}
      <span className="sr-only"> need a look</span>
    </span>
  );
}

function Version() {
  const trpc = useTRPC();
  const version = useQuery(
    trpc.system.version.queryOptions(undefined, { staleTime: Number.POSITIVE_INFINITY }),
  );
  return (
    <span className="clip flex-1 px-2.5 text-xs text-grey-10">
      {version.data ? `Berth ${version.data.version}` : ''}
    </span>
  );
}
