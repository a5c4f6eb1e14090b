'use client';
import { useCallback, useMemo, useSyncExternalStore } from 'react';

const changed = new EventTarget();
const read = (key: string): string | null => {
  try {
    return localStorage.getItem(key);
  } catch {
    return null; // storage switched off: the default is used
  }
};

/** Stores a preference of this browser and tells every user of it, in this tab and the others. */
export function writePreference(name: string, value: unknown): void {
  const key = `berth.${name}`;
  try {
    localStorage.setItem(key, JSON.stringify(value));
  } catch {
    // storage switched off: the choice lasts until the page is left
  }
  changed.dispatchEvent(new Event(key));
}

/** A preference remembered in this browser. `parse` turns what was stored (untrusted) into a value or the default. */
export function usePreference<T>(name: string, parse: (stored: unknown) => T): [T, (value: T) => void] {
  const key = `berth.${name}`;
  const subscribe = useCallback(
    (notify: () => void) => {
      const other = (event: StorageEvent): void => {
        if (event.key === key) notify();
      };
      changed.addEventListener(key, notify);
      window.addEventListener('storage', other);
      return () => {
        changed.removeEventListener(key, notify);
        window.removeEventListener('storage', other);
      };
    },
    [key],
  );
  const raw = useSyncExternalStore(
    subscribe,
    () => read(key),
    () => null,
  );
  const set = useCallback((value: T) => writePreference(name, value), [name]);
  return [useMemo(() => parse(fromJson(raw)), [parse, raw]), set];
}

function fromJson(raw: string | null): unknown {
  if (raw === null) return undefined;
  try {
    return JSON.parse(raw) as unknown;
  } catch {
    return undefined;
  }
}
