'use client';
import { CircleAlert, CircleCheck, Info } from 'lucide-react';
import type { ReactNode } from 'react';
import { Toaster as Sonner } from 'sonner';
import { useTheme } from '../lib/theme.ts';

export { toast } from 'sonner';

/** Where short messages appear: bottom right, above everything, read out politely. */
export function Toaster(): ReactNode {
  const { resolved } = useTheme();
  return (
    <Sonner
      theme={resolved}
      style={{ fontFamily: 'inherit' }}
      position="bottom-right"
      gap={8}
      offset={16}
      mobileOffset={12}
      icons={{
        success: <CircleCheck aria-hidden size={16} className="text-ok-dot" />,
        error: <CircleAlert aria-hidden size={16} className="text-bad-dot" />,
        info: <Info aria-hidden size={16} className="text-info-dot" />,
      }}
      toastOptions={{
        unstyled: true,
        classNames: {
          toast:
            'flex w-full items-start gap-2.5 rounded-md border border-grey-6 bg-grey-1 px-3 py-2.5 text-sm text-grey-12 shadow-float sm:w-[356px]',
          icon: 'mt-0.5 shrink-0',
          content: 'min-w-0 flex-1',
          title: 'font-medium break-words',
          description: 'mt-0.5 break-words text-grey-10',
          actionButton: 'shrink-0 rounded-sm font-medium text-accent-text hover:underline',
          closeButton: 'hidden',
        },
      }}
    />
  );
}
