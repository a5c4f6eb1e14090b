'use client';
import { type LogViewHandle, type LogViewLine, stripAnsi } from '@berth/ui';
import { type RefObject, useEffect, useMemo, useState } from 'react';

export interface LogSearch {
  text: string;
  setText(text: string): void;
  highlight: RegExp | null;
  /** Lines that match. */
  matches: readonly number[];
  /** Place in `matches`; null before the first step. */
  place: number | null;
  currentIndex: number | null;
  step(direction: 1 | -1): void;
}

/** Finds a text in the lines shown, case-insensitively. Steps begin at the newest hit, where the reader is. */
export function useLogSearch(
  lines: readonly LogViewLine[],
  view: RefObject<LogViewHandle | null>,
): LogSearch {
  const [text, setText] = useState('');
  const [currentKey, setCurrentKey] = useState<LogViewLine['key'] | null>(null);
  const highlight = useMemo(() => (text === '' ? null : new RegExp(literal(text), 'gi')), [text]);
  const matches = useMemo(() => {
    if (text === '') return [];
    const wanted = text.toLowerCase();
    const found: number[] = [];
    lines.forEach((line, index) => {
      if (!line.notice && stripAnsi(line.text).toLowerCase().includes(wanted)) found.push(index);
    });
    return found;
  }, [lines, text]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new text starts anew
  useEffect(() => setCurrentKey(null), [text]);

  const place = useMemo(() => {
    if (currentKey === null) return null;
    const found = matches.findIndex((index) => lines[index]?.key === currentKey);
    return found < 0 ? null : found;
  }, [matches, lines, currentKey]);

  const step = (direction: 1 | -1): void => {
    if (matches.length === 0) return;
    const next = place === null ? matches.length - 1 : (place + direction + matches.length) % matches.length;
    const index = matches[next];
    if (index === undefined) return;
    setCurrentKey(lines[index]?.key ?? null);
    view.current?.scrollToIndex(index);
  };

  const currentIndex = place === null ? null : (matches[place] ?? null);
  return { text, setText, highlight, matches, place, currentIndex, step };
}

const literal = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
