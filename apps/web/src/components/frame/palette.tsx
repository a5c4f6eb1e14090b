'use client';
import {
  CommandPalette,
  containerLook,
  type PaletteGroup,
  useDensity,
  usePaletteKey,
  useTheme,
} from '@berth/ui';
import { Download, Monitor, Moon, Plus, Rows3, ScrollText, SquareTerminal, Sun } from 'lucide-react';
import { useRouter } from 'next/navigation';
import { useCallback, useMemo } from 'react';
import { useContainers } from '../../lib/live.tsx';
import { pages } from './pages.ts';

/** Everything one can go to or do, by a few letters. */
export function Palette({ open, onOpenChange }: { open: boolean; onOpenChange(open: boolean): void }) {
  const show = useCallback(() => onOpenChange(true), [onOpenChange]);
  usePaletteKey(show);
  const router = useRouter();
  const { setTheme } = useTheme();
  const [density, setDensity] = useDensity();
  const { rows } = useContainers();
  const groups = useMemo((): PaletteGroup[] => {
    const go = (href: string) => () => router.push(href);
    return [
      {
        title: 'Actions',
        items: [
          {
            id: 'create container',
            label: 'Create a container',
            icon: Plus,
            keywords: ['run', 'new'],
            onSelect: go('/containers/new'),
          },
          { id: 'pull image', label: 'Pull an image', icon: Download, onSelect: go('/images?pull=') },
        ],
      },
      {
        title: 'Pages',
        items: pages.map(({ href, label, icon, key }) => ({
          id: `page ${label}`,
          label,
          icon,
          shortcut: `G ${key.toUpperCase()}`,
          onSelect: go(href),
        })),
      },
      {
        title: 'Containers',
        items: rows.slice(0, 200).flatMap((row) => [
          {
            id: `container ${row.name} ${row.id}`,
            label: row.name,
            detail: `${row.image}, ${containerLook(row).label}`,
            icon: containerLook(row).icon,
            onSelect: go(`/containers/${row.id}`),
          },
          ...(row.state === 'running'
            ? [
                {
                  id: `terminal ${row.name} ${row.id}`,
                  label: `Terminal of ${row.name}`,
                  icon: SquareTerminal,
                  onSelect: go(`/containers/${row.id}/terminal`),
                },
              ]
            : []),
          {
            id: `logs ${row.name} ${row.id}`,
            label: `Logs of ${row.name}`,
            icon: ScrollText,
            onSelect: go(`/containers/${row.id}/logs`),
          },
        ]),
      },
      {
        title: 'Appearance',
        items: [
          { id: 'theme light', label: 'Light theme', icon: Sun, onSelect: () => setTheme('light') },
          { id: 'theme dark', label: 'Dark theme', icon: Moon, onSelect: () => setTheme('dark') },
          {
            id: 'theme system',
            label: 'Theme of the system',
            icon: Monitor,
            onSelect: () => setTheme('system'),
          },
          {
            id: 'density',
            label: density === 'compact' ? 'Comfortable rows' : 'Compact rows',
            icon: Rows3,
            onSelect: () => setDensity(density === 'compact' ? 'comfortable' : 'compact'),
          },
        ],
      },
    ];
  }, [rows, router, setTheme, density, setDensity]);
  return <CommandPalette open={open} onOpenChange={onOpenChange} groups={groups} />;
}
