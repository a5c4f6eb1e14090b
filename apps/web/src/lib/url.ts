'use client';
import { useSearchParams } from 'next/navigation';
import { useCallback } from 'react';

/** A value kept in the page's address, so that a link or a reload shows the same. Empty values leave the address. */
export function useUrlParam(name: string): [string, (value: string) => void] {
  const value = useSearchParams().get(name) ?? '';
  const set = useCallback(
    (next: string) => {
      const params = new URLSearchParams(window.location.search);
      if (next) params.set(name, next);
      else params.delete(name);
      const query = params.toString();
      window.history.replaceState(null, '', query ? `?${query}` : window.location.pathname);
    },
    [name],
  );
  return [value, set];
}
