'use client';
import type { LogLine } from '@berth/api/schemas';
import type { LogViewLine } from '@berth/ui';
import { useCallback, useEffect, useRef, useState } from 'react';
import { useEnvironment } from '../../../../../lib/environment.tsx';
import { wordsOf } from '../../../../../lib/errors.ts';
import { useTRPCClient } from '../../../../../lib/trpc.tsx';

export interface Logs {
  lines: readonly LogViewLine[];
  /** `loading` until the first answer. */
  status: 'loading' | 'live' | 'down';
  error: string | null;
  /** The oldest line of the log is shown. */
  atStart: boolean;
  loadingOlder: boolean;
  older(): void;
  clear(): void;
}

interface Line extends LogViewLine {
  /** As the engine wrote it; absent on notices. */
  time?: string;
}

interface Shown {
  lines: Line[];
  atStart: boolean;
}

const firstLines = 500;
const pageLines = 1_000;
/** More would make searching slow; what is dropped on top can be loaded again. */
const maxLines = 50_000;
/** How often new lines are drawn. */
const drawMs = 60;
const nothing: Shown = { lines: [], atStart: false };

/** Live lines of one container, and older ones on request. */
export function useLogs(id: string): Logs {
  const api = useTRPCClient();
  const environment = useEnvironment();
  const [shown, setShown] = useState(nothing);
  const [status, setStatus] = useState<Logs['status']>('loading');
  const [error, setError] = useState<string | null>(null);
  const [loadingOlder, setLoadingOlder] = useState(false);
  const latest = useRef(shown);
  latest.current = shown;
  const generation = useRef(0);

  useEffect(() => {
    generation.current += 1;
    setShown(nothing);
    setStatus('loading');
    setError(null);
    const inbox = createInbox((fresh) =>
      setShown((before) => {
        const lines = [...before.lines, ...fresh];
        const excess = lines.length - maxLines;
        return excess > 0 ? { lines: lines.slice(excess), atStart: false } : { ...before, lines };
      }),
    );
    const stream = api.live.logs.subscribe(
      { environment, id, tail: firstLines },
      {
        // Also after a lost connection: the server then begins with lines that are shown already.
        onStarted: () => {
          inbox.restart();
          setStatus('live');
        },
        onData: (update) => {
          if (update.type === 'lines') inbox.lines(update.lines);
          else if (update.type === 'dropped')
            inbox.notice(`${update.count} lines came faster than they could be shown`);
          else inbox.notice(update.type === 'stopped' ? 'stopped' : 'started');
        },
        onError: (cause) => {
          setStatus('down');
          setError(wordsOf(cause));
        },
      },
    );
    return () => {
      stream.unsubscribe();
      inbox.end();
    };
  }, [api, environment, id]);

  const older = useCallback(() => {
    const { lines, atStart } = latest.current;
    const before = lines.find(({ time }) => time !== undefined)?.time;
    if (loadingOlder || atStart || before === undefined) return;
    const asked = generation.current;
    const same = lines.filter(({ time }) => time === before).length;
    setLoadingOlder(true);
    api.live.logsBefore
      .query({ environment, id, before, shown: same, limit: pageLines })
      .then(
        (page) => {
          if (asked !== generation.current) return;
          setShown((now) => ({ lines: [...page.lines.map(toLine), ...now.lines], atStart: page.start }));
        },
        (cause: unknown) => setError(wordsOf(cause)),
      )
      .finally(() => setLoadingOlder(false));
  }, [api, environment, id, loadingOlder]);

  const clear = useCallback(() => setShown((before) => ({ ...before, lines: [] })), []);
  return { lines: shown.lines, atStart: shown.atStart, status, error, loadingOlder, older, clear };
}

let lastKey = 0;

function toLine({ stream, time, line }: LogLine): Line {
  lastKey += 1;
  return { key: lastKey, stream, time, timeMs: Date.parse(time), text: line };
}

function toNotice(text: string): Line {
  lastKey += 1;
  return { key: lastKey, stream: 'stdout', timeMs: Date.now(), text, notice: true };
}

/** Gathers what arrives and hands it on a few times a second. */
function createInbox(deliver: (lines: Line[]) => void) {
  let waiting: Line[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  let newest = '';
  /** Lines up to this time are shown already. */
  let known = '';
  const flush = (): void => {
    timer = undefined;
    const lines = waiting;
    waiting = [];
    if (lines.length > 0) deliver(lines);
  };
  const add = (lines: Line[]): void => {
    waiting.push(...lines.slice(-maxLines));
    timer ??= setTimeout(flush, drawMs);
  };
  return {
    restart: () => {
      known = newest;
    },
    lines: (lines: readonly LogLine[]) => {
      const fresh = known === '' ? lines : lines.filter(({ time }) => time > known);
      newest = lines.at(-1)?.time ?? newest;
      if (fresh.length > 0) add(fresh.map(toLine));
    },
    notice: (text: string) => add([toNotice(text)]),
    end: () => clearTimeout(timer),
  };
}
