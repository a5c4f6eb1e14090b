'use client';
import { AppearanceKeeper, Toaster, TooltipProvider } from '@berth/ui';
import type { ReactNode } from 'react';
import { ApiProvider } from '../lib/trpc.tsx';

/** What every page needs, signed in or not. */
export function Providers({ children }: { children: ReactNode }) {
  return (
    <ApiProvider>
      <TooltipProvider>
        <AppearanceKeeper />
        {children}
        <Toaster />
      </TooltipProvider>
    </ApiProvider>
  );
}
