import type { ReactNode } from 'react';
import { Frame } from '../../components/frame/frame.tsx';
import { LiveProvider } from '../../lib/live.tsx';
import { SessionGate } from '../../lib/session.tsx';

export default function ConsoleLayout({ children }: { children: ReactNode }) {
  return (
    <SessionGate>
      <LiveProvider>
        <Frame>{children}</Frame>
      </LiveProvider>
    </SessionGate>
  );
}
