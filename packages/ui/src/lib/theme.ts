'use client';
import { useCallback, useEffect, useSyncExternalStore } from 'react';
import { usePreference } from './preference.ts';

export type ThemeChoice = 'light' | 'dark' | 'system';
export type Density = 'comfortable' | 'compact';

const parseTheme = (stored: unknown): ThemeChoice =>
  stored === 'light' || stored === 'dark' ? stored : 'system';
const parseDensity = (stored: unknown): Density => (stored === 'compact' ? 'compact' : 'comfortable');
const darkQuery = '(prefers-color-scheme: dark)';

/** True while the media query holds; false on the server. */
export function useMediaQuery(query: string): boolean {
  const subscribe = useCallback(
    (notify: () => void) => {
      const list = window.matchMedia(query);
      list.addEventListener('change', notify);
      return () => list.removeEventListener('change', notify);
    },
    [query],
  );
  return useSyncExternalStore(
    subscribe,
    () => window.matchMedia(query).matches,
    () => false,
  );
}

/** Phone layout: the frame becomes a sheet and table rows become two lines. */
export function useIsPhone(): boolean {
  return useMediaQuery('(max-width: 639px)');
}

/** The chosen theme, what it comes to now, and the way to change it. */
export function useTheme(): {
  choice: ThemeChoice;
  resolved: 'light' | 'dark';
  setTheme(choice: ThemeChoice): void;
} {
  const [choice, setTheme] = usePreference('theme', parseTheme);
  const systemDark = useMediaQuery(darkQuery);
  return { choice, resolved: choice === 'system' ? (systemDark ? 'dark' : 'light') : choice, setTheme };
}

export function useDensity(): [Density, (density: Density) => void] {
  return usePreference('density', parseDensity);
}

/** Keeps `data-theme` and `data-density` of the page at the choice. Mounted once; before it runs `theme.js` has set them. */
export function AppearanceKeeper(): null {
  const { resolved } = useTheme();
  const [density] = useDensity();
  useEffect(() => {
    document.documentElement.dataset.theme = resolved;
    document.documentElement.dataset.density = density;
  }, [resolved, density]);
  return null;
}
