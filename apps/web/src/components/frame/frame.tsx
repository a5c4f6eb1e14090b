'use client';
import { Sheet } from '@berth/ui';
import { usePathname } from 'next/navigation';
import { type ReactNode, useEffect, useState } from 'react';
import { ConnectionNote } from './connection-note.tsx';
import { Palette } from './palette.tsx';
import { SideBar } from './side-bar.tsx';
import { TopBar } from './top-bar.tsx';
import { useGoKeys } from './use-go-keys.ts';

/** Side bar, top bar and the page between them. */
export function Frame({ children }: { children: ReactNode }) {
  const path = usePathname();
  const [menu, setMenu] = useState(false);
  const [palette, setPalette] = useState(false);
  useGoKeys();
  // biome-ignore lint/correctness/useExhaustiveDependencies: going to another page closes the menu
  useEffect(() => setMenu(false), [path]);
  return (
    <div className="flex h-dvh">
      <a
        href="#main"
        className="fixed top-2 left-2 z-50 -translate-y-16 rounded-md bg-accent-solid px-3 py-1.5 text-sm font-medium text-accent-on-solid focus-visible:translate-y-0"
      >
        Skip to the page
      </a>
      <aside aria-label="Side bar" className="hidden sm:flex">
        <SideBar />
      </aside>
      <Sheet open={menu} onOpenChange={setMenu} side="left" title="Berth" className="w-64">
        <SideBar sheet />
      </Sheet>
      <div className="flex min-w-0 flex-1 flex-col">
        <TopBar onMenu={() => setMenu(true)} onPalette={() => setPalette(true)} />
        <ConnectionNote />
        <main id="main" tabIndex={-1} className="flex min-h-0 flex-1 flex-col outline-none">
          {children}
        </main>
      </div>
      <Palette open={palette} onOpenChange={setPalette} />
    </div>
  );
}
