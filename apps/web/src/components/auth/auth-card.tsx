import type { ReactNode } from 'react';
import { Mark } from '../brand.tsx';

/** The still page of signing in and set-up: one narrow column, nothing else. */
export function AuthPage({
  title,
  lead,
  children,
}: {
  title: string;
  lead?: ReactNode;
  children: ReactNode;
}) {
  return (
    <main className="flex h-dvh flex-col items-center overflow-y-auto px-6 py-10 sm:pt-[16vh]">
      <div className="w-full max-w-[340px]">
        <div className="mb-8 flex items-center gap-2.5">
          <Mark size={24} />
          <span className="text-lg font-semibold">Berth</span>
        </div>
        <h1 className="text-xl font-semibold">{title}</h1>
        {lead && <p className="mt-1 text-sm text-grey-10">{lead}</p>}
        <div className="mt-6">{children}</div>
      </div>
    </main>
  );
}
