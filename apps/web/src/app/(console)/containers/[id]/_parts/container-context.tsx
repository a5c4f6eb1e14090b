'use client';
import type { ContainerDetail } from '@berth/api/schemas';
import { createContext, useContext } from 'react';
import type { StatsSeries } from './use-stats-series.ts';

export interface ContainerView {
  detail: ContainerDetail;
  /** The last minutes; empty while it does not run. */
  stats: StatsSeries;
}

export const ContainerContext = createContext<ContainerView | null>(null);

/** The container this page is about. */
export function useContainer(): ContainerView {
  const view = useContext(ContainerContext);
  if (!view) throw new Error('useContainer needs a ContainerFrame above it.');
  return view;
}
