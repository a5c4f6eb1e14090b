import {
  Activity,
  Box,
  Gauge,
  HardDrive,
  Layers,
  type LucideIcon,
  Network,
  Server,
  Settings,
} from 'lucide-react';

export interface PageLink {
  href: string;
  label: string;
  icon: LucideIcon;
  /** Second key after `g`. */
  key: string;
}

/** The side bar, top to bottom. */
export const pages: readonly PageLink[] = [
  { href: '/', label: 'Dashboard', icon: Gauge, key: 'd' },
  { href: '/containers', label: 'Containers', icon: Box, key: 'c' },
  { href: '/images', label: 'Images', icon: Layers, key: 'i' },
  { href: '/volumes', label: 'Volumes', icon: HardDrive, key: 'v' },
  { href: '/networks', label: 'Networks', icon: Network, key: 'n' },
  { href: '/events', label: 'Events', icon: Activity, key: 'e' },
  { href: '/environments', label: 'Environments', icon: Server, key: 'h' },
  { href: '/settings', label: 'Settings', icon: Settings, key: 's' },
];

/** Whether the address is this page or one below it. */
export const isCurrent = (href: string, path: string): boolean =>
  href === '/' ? path === '/' : path === href || path.startsWith(`${href}/`);
