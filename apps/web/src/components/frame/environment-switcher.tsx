'use client';
import { Menu, MenuItem, MenuLine, MenuRadio, Skeleton } from '@berth/ui';
import { ChevronsUpDown, Server } from 'lucide-react';
import { useRouter } from 'next/navigation';
import { useEnvironments } from '../../lib/environment.tsx';

/** Which engine the pages are about. */
export function EnvironmentSwitcher() {
  const { id, choose, list, current } = useEnvironments();
  const router = useRouter();
  return (
    <Menu
      align="start"
      className="w-64"
      trigger={
        <button
          type="button"
          aria-label={`Environment: ${current?.name ?? id}`}
          className="flex h-8 min-w-0 flex-1 items-center gap-2 rounded-md px-1.5 text-left hover:bg-grey-3"
        >
          {list.isPending ? (
            <Skeleton className="w-20" />
          ) : (
            <>
              <span className="clip flex-1 text-sm font-semibold">{current?.name ?? id}</span>
              {current && !current.reachable && <span className="text-xs text-bad-text">offline</span>}
            </>
          )}
          <ChevronsUpDown aria-hidden size={14} className="shrink-0 text-grey-10" />
        </button>
      }
    >
      <MenuRadio
        value={id}
        onChange={choose}
        options={(list.data ?? []).map((each) => ({
          value: each.id,
          label: each.name,
          hint: each.reachable
            ? `${each.engine?.name ?? 'Engine'} ${each.engine?.version ?? ''}`
            : 'Does not answer',
        }))}
      />
      <MenuLine />
      <MenuItem icon={Server} onSelect={() => router.push('/environments')}>
        All environments
      </MenuItem>
    </Menu>
  );
}
