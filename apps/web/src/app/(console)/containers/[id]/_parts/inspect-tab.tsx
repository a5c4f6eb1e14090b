'use client';
import { CopyButton } from '@berth/ui';
import { useMemo } from 'react';
import { useContainer } from './container-context.tsx';

/** The engine's own answer. */
export function InspectTab() {
  const { detail } = useContainer();
  const text = useMemo(() => JSON.stringify(detail.raw, null, 2), [detail.raw]);
  return (
    <div className="relative flex min-h-0 flex-1">
      <section
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
        tabIndex={0}
        aria-label={`What the engine says about ${detail.name}`}
        className="focus-inset m-0 min-h-0 flex-1 overflow-auto px-4 py-3 font-mono text-xs leading-5"
      >
        <pre className="m-0">{text}</pre>
      </section>
      <div className="absolute top-2 right-5">
        <CopyButton text={text} label="Copy the JSON" />
      </div>
    </div>
  );
}
