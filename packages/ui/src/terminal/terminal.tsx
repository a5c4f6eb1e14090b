'use client';
import '@xterm/xterm/css/xterm.css';
import { type ReactNode, type Ref, useEffect, useImperativeHandle, useRef } from 'react';
import { cx } from '../lib/cx.ts';
import { useTheme } from '../lib/theme.ts';
import type { OpenedTerminal } from './open.ts';

export interface TerminalHandle {
  /** `parsed` is called when it has been read by the terminal, so its answers (to queries in it) are out. */
  write(data: Uint8Array | string, parsed?: () => void): void;
  /** Empties screen and scrollback. */
  clear(): void;
  reset(): void;
  focus(): void;
  /** Fits the grid to its place; also happens by itself when the place changes. */
  fit(): void;
  selection(): string;
  /** Types text as if pasted (bracketed where the program asks for it). */
  paste(text: string): void;
  findNext(text: string): boolean;
  findPrevious(text: string): boolean;
  clearSearch(): void;
  /** The grid now; null until it is open. */
  size(): { columns: number; rows: number } | null;
}

export interface TerminalProps {
  /** Accessible name: "Terminal of web". */
  label: string;
  onData: (data: string) => void;
  /** Mouse reports and other bytes that are not text. */
  onBinary?: ((data: string) => void) | undefined;
  onResize: (size: { columns: number; rows: number }) => void;
  /** Called once it is on the page and has its size. */
  onReady?: ((size: { columns: number; rows: number }) => void) | undefined;
  fontSize?: number | undefined;
  /** Copies what is selected with the mouse at once. */
  copyOnSelect?: boolean | undefined;
  screenReader?: boolean | undefined;
  className?: string | undefined;
  ref?: Ref<TerminalHandle> | undefined;
}

const searchLook = {
  decorations: { matchOverviewRuler: '#888888', activeMatchColorOverviewRuler: '#20a0a0' },
} as const;

/** A terminal that fills its place. Data written before it is open is kept and written then. */
export function Terminal(props: TerminalProps): ReactNode {
  const { label, fontSize = 13, screenReader = false, ref } = props;
  const host = useRef<HTMLDivElement>(null);
  const opened = useRef<OpenedTerminal | null>(null);
  const early = useRef<(Uint8Array | string)[]>([]);
  const latest = useRef(props);
  latest.current = props;
  const { resolved: theme } = useTheme();

  useImperativeHandle(ref, () => handleOf(opened, early), []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: font size is applied below without opening anew
  useEffect(() => {
    const element = host.current;
    if (!element) return;
    const end = new AbortController();
    void import('./open.ts')
      .then(({ openTerminal }) => openTerminal(element, { fontSize, screenReader }))
      .then((terminal) => {
        if (end.signal.aborted) return terminal.xterm.dispose();
        opened.current = terminal;
        attach(terminal, latest, end.signal);
        for (const data of early.current.splice(0)) terminal.xterm.write(data);
        latest.current.onReady?.({ columns: terminal.xterm.cols, rows: terminal.xterm.rows });
      });
    const observer = new ResizeObserver(() => {
      if (element.clientWidth > 0) opened.current?.fit.fit();
    });
    observer.observe(element);
    return () => {
      end.abort();
      observer.disconnect();
      opened.current?.xterm.dispose();
      opened.current = null;
    };
  }, [screenReader]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the colours change with the theme
  useEffect(() => {
    const terminal = opened.current;
    if (!terminal) return;
    // After AppearanceKeeper has put the theme on the page.
    const frame = requestAnimationFrame(() => {
      void import('./theme.ts').then(({ terminalTheme }) => {
        terminal.xterm.options.theme = terminalTheme();
      });
    });
    return () => cancelAnimationFrame(frame);
  }, [theme]);

  useEffect(() => {
    const terminal = opened.current;
    if (!terminal) return;
    terminal.xterm.options.fontSize = fontSize;
    terminal.fit.fit();
  }, [fontSize]);

  return (
    <section
      aria-label={label}
      data-testid="terminal"
      className={cx('min-h-0 min-w-0 flex-1 overflow-hidden bg-grey-1 p-2', props.className)}
    >
      <div ref={host} className="size-full" />
    </section>
  );
}

/** Ties the terminal's events to the newest handlers until the signal. */
function attach({ xterm }: OpenedTerminal, latest: { current: TerminalProps }, signal: AbortSignal): void {
  const ties = [
    xterm.onData((data) => latest.current.onData(data)),
    xterm.onBinary((data) => latest.current.onBinary?.(data)),
    xterm.onResize(({ cols, rows }) => latest.current.onResize({ columns: cols, rows })),
    xterm.onSelectionChange(() => {
      if (!latest.current.copyOnSelect || !xterm.hasSelection()) return;
      void navigator.clipboard?.writeText(xterm.getSelection()).catch(() => undefined);
    }),
  ];
  signal.addEventListener('abort', () => {
    for (const tie of ties) tie.dispose();
  });
}

function handleOf(
  opened: { current: OpenedTerminal | null },
  early: { current: (Uint8Array | string)[] },
): TerminalHandle {
  return {
    write: (data, parsed) => {
      if (opened.current) opened.current.xterm.write(data, parsed);
      else {
        early.current.push(data);
        parsed?.();
      }
    },
    clear: () => opened.current?.xterm.clear(),
    reset: () => opened.current?.xterm.reset(),
    focus: () => opened.current?.xterm.focus(),
    fit: () => opened.current?.fit.fit(),
    selection: () => opened.current?.xterm.getSelection() ?? '',
    paste: (text) => opened.current?.xterm.paste(text),
    findNext: (text) => opened.current?.search.findNext(text, searchLook) ?? false,
    findPrevious: (text) => opened.current?.search.findPrevious(text, searchLook) ?? false,
    clearSearch: () => opened.current?.search.clearDecorations(),
    size: () =>
      opened.current ? { columns: opened.current.xterm.cols, rows: opened.current.xterm.rows } : null,
  };
}
