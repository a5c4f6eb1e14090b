'use client';
import { memo, type ReactNode } from 'react';
import { cx } from '../lib/cx.ts';
import { formatMoment } from '../lib/format.ts';
import { type AnsiSpan, parseAnsi, stripAnsi } from './ansi.ts';
import type { LogViewLine } from './log-view.tsx';

const clock = new Intl.DateTimeFormat('en-GB', {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  fractionalSecondDigits: 3,
});

export interface LogLineProps {
  line: LogViewLine;
  wrap: boolean;
  timestamps: boolean;
  highlight: RegExp | null;
  current: boolean;
}

/** One line: a mark when it came from standard error, the time, the words in the program's own colours. */
export const LogLineView = memo(function LogLineView({
  line,
  wrap,
  timestamps,
  highlight,
  current,
}: LogLineProps): ReactNode {
  if (line.notice) {
    return (
      <div className="flex items-center gap-3 px-3 font-sans text-xs text-grey-10">
        <span aria-hidden className="h-px w-6 bg-grey-6" />
        {line.text}, {formatMoment(line.timeMs)}
        <span aria-hidden className="h-px flex-1 bg-grey-6" />
      </div>
    );
  }
  return (
    <div
      className={cx(
        'flex border-l-2 pr-4 pl-2.5 hover:bg-grey-3',
        line.stream === 'stderr' ? 'border-l-bad-dot/60' : 'border-l-transparent',
        current && 'bg-accent-soft',
      )}
    >
      {timestamps && (
        <time title={formatMoment(line.timeMs)} className="mr-3 shrink-0 text-grey-10 select-none">
          {clock.format(line.timeMs)}
        </time>
      )}
      {line.stream === 'stderr' && <span className="sr-only">standard error: </span>}
      <span
        className={cx(
          'min-w-0 flex-1',
          wrap ? 'break-words whitespace-pre-wrap [overflow-wrap:anywhere]' : 'whitespace-pre',
        )}
      >
        {highlight ? (
          <Marked text={stripAnsi(line.text)} highlight={highlight} />
        ) : (
          <Coloured spans={parseAnsi(line.text)} />
        )}
        {line.text === '' && '\u00a0'}
      </span>
    </div>
  );
});

function Coloured({ spans }: { spans: AnsiSpan[] }): ReactNode {
  if (spans.length === 1 && spans[0] && Object.keys(spans[0]).length === 1) return spans[0].text;
  return spans.map(({ text, colour, background, bold, dim, italic, underline }, index) => (
    <span
      // biome-ignore lint/suspicious/noArrayIndexKey: stretches of a line that never changes
      key={index}
      style={{ color: colour, background }}
      className={cx(
        bold && 'font-semibold',
        dim && 'opacity-70',
        italic && 'italic',
        underline && 'underline',
      )}
    >
      {text}
    </span>
  ));
}

function Marked({ text, highlight }: { text: string; highlight: RegExp }): ReactNode {
  const parts: ReactNode[] = [];
  let end = 0;
  for (const match of text.matchAll(highlight)) {
    if (match[0] === '') continue;
    parts.push(text.slice(end, match.index));
    end = match.index + match[0].length;
    parts.push(
      <mark key={match.index} className="rounded-sm bg-warn-dot/40 text-grey-12">
        {match[0]}
      </mark>,
    );
  }
  parts.push(text.slice(end));
  return parts;
}
