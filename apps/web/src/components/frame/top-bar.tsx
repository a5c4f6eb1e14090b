'use client';
import { IconButton, Kbd, Menu, MenuItem, MenuLabel, MenuLine, MenuRadio, useTheme } from '@berth/ui';
import { useMutation } from '@tanstack/react-query';
import {
  CircleUserRound,
  LogOut,
  Menu as MenuIcon,
  Monitor,
  Moon,
  Search,
  Settings,
  Sun,
} from 'lucide-react';
import { useRouter } from 'next/navigation';
import { useSyncExternalStore } from 'react';
import { useUser } from '../../lib/session.tsx';
import { useTRPC } from '../../lib/trpc.tsx';
import { leaveTo } from '../../lib/visitor.ts';
import { JobsTray } from './jobs-tray.tsx';

const themes = [
  { value: 'light', label: 'Light', icon: Sun },
  { value: 'dark', label: 'Dark', icon: Moon },
  { value: 'system', label: 'As the system', icon: Monitor },
] as const;

const never = (): (() => void) => () => undefined;
const isApple = (): boolean => /Mac|iPhone|iPad/.test(navigator.userAgent);

/** Search and commands, jobs, theme, the person. */
export function TopBar({ onMenu, onPalette }: { onMenu(): void; onPalette(): void }) {
  const apple = useSyncExternalStore(never, isApple, () => false);
  return (
    <header className="flex h-(--bar-height) shrink-0 items-center gap-1.5 border-b border-grey-5 px-2 sm:px-4">
      <IconButton label="Open the menu" icon={MenuIcon} className="sm:hidden" onClick={onMenu} />
      <button
        type="button"
        onClick={onPalette}
        aria-keyshortcuts="Control+K Meta+K"
        className="flex h-8 min-w-0 flex-1 items-center gap-2 rounded-md border border-grey-5 bg-grey-2 px-2.5 text-left text-sm text-grey-10 hover:border-grey-7 sm:max-w-80"
      >
        <Search aria-hidden size={14} />
        <span className="clip flex-1">Search or jump to</span>
        <span aria-hidden className="hidden sm:flex">
          <Kbd>{apple ? '⌘K' : 'Ctrl K'}</Kbd>
        </span>
      </button>
      <div className="ml-auto flex items-center gap-0.5">
        <JobsTray />
        <ThemeMenu />
        <UserMenu />
      </div>
    </header>
  );
}

function ThemeMenu() {
  const { choice, resolved, setTheme } = useTheme();
  return (
    <Menu trigger={<IconButton label="Theme" icon={resolved === 'dark' ? Moon : Sun} />}>
      <MenuRadio value={choice} onChange={setTheme} options={themes} />
    </Menu>
  );
}

function UserMenu() {
  const user = useUser();
  const trpc = useTRPC();
  const router = useRouter();
  const signOut = useMutation(trpc.session.signOut.mutationOptions({ onSettled: () => leaveTo('/login') }));
  return (
    <Menu
      trigger={
        <button
          type="button"
          aria-label={`Account of ${user.username}`}
          className="ml-1 flex h-8 items-center gap-2 rounded-md px-2 text-sm text-grey-11 hover:bg-grey-3 hover:text-grey-12"
        >
          <CircleUserRound aria-hidden size={16} strokeWidth={1.75} />
          <span className="hidden max-w-32 sm:block clip">{user.username}</span>
        </button>
      }
    >
      <MenuLabel>
        {user.username}, {user.role === 'admin' ? 'administrator' : user.role}
      </MenuLabel>
      <MenuItem icon={Settings} onSelect={() => router.push('/settings/account')}>
        Account and password
      </MenuItem>
      <MenuLine />
      <MenuItem icon={LogOut} onSelect={() => signOut.mutate()}>
        Sign out
      </MenuItem>
    </Menu>
  );
}
