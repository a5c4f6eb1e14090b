'use client';
import { Button } from '@berth/ui';
import { CloudOff, LoaderCircle } from 'lucide-react';
import { useEffect, useState, useSyncExternalStore } from 'react';
import { useEnvironments } from '../../lib/environment.tsx';
import { useContainers } from '../../lib/live.tsx';
import { apiSocket } from '../../lib/trpc.tsx';

/** A blink of the network is not worth a message. */
const patienceMs = 2_500;

function subscribeSocket(notify: () => void): () => void {
  const subscription = apiSocket().connectionState.subscribe({ next: notify });
  return () => subscription.unsubscribe();
}

/** True once the socket has been down for a while. */
function useSocketDown(): boolean {
  const trying = useSyncExternalStore(
    subscribeSocket,
    () => {
      const state = apiSocket().connectionState.get();
      return state.state === 'connecting' && state.error !== null;
    },
    () => false,
  );
  const [down, setDown] = useState(false);
  useEffect(() => {
    if (!trying) {
      setDown(false);
      return;
    }
    const timer = setTimeout(() => setDown(true), patienceMs);
    return () => clearTimeout(timer);
  }, [trying]);
  return down;
}

/** One line under the top bar when the console or the engine does not answer. The pages keep what they know. */
export function ConnectionNote() {
  const down = useSocketDown();
  const { status, message } = useContainers();
  const { current, list } = useEnvironments();
  if (!down && status !== 'offline') return null;
  return (
    <div
      role="status"
      data-testid="connection-note"
      className="flex min-h-9 shrink-0 items-center gap-2.5 border-b border-grey-5 bg-warn-soft px-4 py-1.5 text-sm text-warn-text"
    >
      {down ? (
        <>
          <LoaderCircle aria-hidden size={14} className="shrink-0 animate-spin" />
          <span>The connection to the console is lost. Trying again; what you see may be old.</span>
        </>
      ) : (
        <>
          <CloudOff aria-hidden size={14} className="shrink-0" />
          <span className="min-w-0 flex-1 break-words">
            {current?.name ?? 'The engine'} does not answer. What you see is the last known state.{' '}
            {message && <span className="text-grey-11">{message}</span>}
          </span>
          <Button size="sm" kind="ghost" onClick={() => list.refetch()} busy={list.isFetching}>
            Check again
          </Button>
        </>
      )}
    </div>
  );
}
