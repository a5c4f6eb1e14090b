'use client';
import type { SelfCheck } from '@berth/api/schemas';
import { Button, CopyButton, ErrorNote, FieldSet, Mono, Skeleton, type Tone, ToneIcon } from '@berth/ui';
import { useQuery } from '@tanstack/react-query';
import { RotateCw } from 'lucide-react';
import { useEffect, useState } from 'react';
import { wordsOf } from '../../lib/errors.ts';
import { socketUrl, useTRPC } from '../../lib/trpc.tsx';

type Fact = SelfCheck['facts'][number];

const tones: Record<Fact['status'], Tone> = { ok: 'ok', warning: 'warn', error: 'bad', info: 'idle' };
const words: Record<Fact['status'], string> = {
  ok: 'good',
  warning: 'worth a look',
  error: 'wrong',
  info: '',
};

/** Opens the socket the way the pages do and tells what came of it. */
function useSocketFact(run: number): Fact {
  const [fact, setFact] = useState<Fact>({
    id: 'browser-socket',
    label: 'WebSocket from this browser',
    value: 'Trying',
    status: 'info',
    fix: null,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: each run opens it anew
  useEffect(() => {
    const start = performance.now();
    const url = socketUrl('/api/trpc');
    const socket = new WebSocket(url);
    const tell = (value: string, status: Fact['status'], fix: string | null): void =>
      setFact({ id: 'browser-socket', label: 'WebSocket from this browser', value, status, fix });
    tell(`Opening ${url}`, 'info', null);
    socket.onopen = () => {
      tell(`Opened in ${Math.round(performance.now() - start)} ms`, 'ok', null);
      socket.close();
    };
    socket.onerror = () =>
      tell(
        'Refused',
        'error',
        'Let the proxy in front of the console pass the Upgrade and Connection headers on for /api/.',
      );
    return () => {
      socket.onopen = null;
      socket.onerror = null;
      socket.close();
    };
  }, [run]);
  return fact;
}

/** How the server sees this browser: what a proxy in between gets wrong shows here, with the fix. */
export function SelfCheckSettings() {
  const trpc = useTRPC();
  const [run, setRun] = useState(0);
  // The browser sends no Origin with a question, so the page says where it was opened.
  const pageOrigin = typeof window === 'undefined' ? undefined : window.location.origin;
  const check = useQuery(trpc.system.selfCheck.queryOptions({ pageOrigin }, { staleTime: 0 }));
  const socket = useSocketFact(run);
  const browser: Fact = {
    id: 'browser-address',
    label: 'Address in this browser',
    value: pageOrigin ?? '',
    status: 'info',
    fix: null,
  };
  const facts = [browser, ...(check.data?.facts ?? []), socket];
  return (
    <FieldSet
      title="Self-check"
      hint="What the server sees of this browser. When a proxy stands in between, its mistakes show here."
      action={
        <div className="flex gap-2">
          <CopyButton
            label="Copy the facts"
            text={facts.map((fact) => `${fact.label}: ${fact.value} (${fact.status})`).join('\n')}
          />
          <Button
            icon={RotateCw}
            busy={check.isFetching}
            onClick={() => {
              setRun(run + 1);
              void check.refetch();
            }}
          >
            Check again
          </Button>
        </div>
      }
    >
      {check.error && <ErrorNote title="The check failed" error={wordsOf(check.error)} />}
      {check.isPending ? (
        <Skeleton className="h-40" />
      ) : (
        <dl className="divide-y divide-grey-5 border-y border-grey-5" data-testid="self-check">
          {facts.map((fact) => (
            <FactLine key={fact.id} fact={fact} />
          ))}
        </dl>
      )}
    </FieldSet>
  );
}

function FactLine({ fact }: { fact: Fact }) {
  return (
    <div className="grid gap-x-4 gap-y-1 py-2.5 text-sm sm:grid-cols-[220px_1fr]">
      <dt className="flex items-center gap-2 self-start text-grey-11">
        <ToneIcon tone={tones[fact.status]} size={14} />
        {fact.label}
      </dt>
      <dd className="min-w-0">
        <Mono className="text-xs leading-5">{fact.value || '—'}</Mono>
        {words[fact.status] && <span className="sr-only">, {words[fact.status]}</span>}
        {fact.fix && <p className="mt-0.5 text-warn-text">{fact.fix}</p>}
      </dd>
    </div>
  );
}
