'use client';
import { Check, Copy } from 'lucide-react';
import { type ReactNode, useEffect, useState } from 'react';
import { copyText } from '../lib/clipboard.ts';
import { cx } from '../lib/cx.ts';
import { IconButton } from './button.tsx';
import { toast } from './toast.tsx';

/** Copies on click, also on plain http. `quiet` hides it until the nearest `group/copy` is hovered or it has focus. */
export function CopyButton({
  text,
  label = 'Copy',
  quiet = false,
  className,
}: {
  text: string;
  label?: string;
  quiet?: boolean;
  className?: string | undefined;
}): ReactNode {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 1_500);
    return () => clearTimeout(timer);
  }, [copied]);
  return (
    <IconButton
      label={copied ? 'Copied' : label}
      icon={copied ? Check : Copy}
      size="sm"
      className={cx(
        quiet &&
          'size-5 opacity-0 focus-visible:opacity-100 group-hover/copy:opacity-100 [@media(hover:none)]:opacity-100',
        copied && 'text-ok-text opacity-100',
        className,
      )}
      onClick={async (event) => {
        event.stopPropagation();
        event.preventDefault();
        if (await copyText(text)) setCopied(true);
        else toast.error('The browser refused the clipboard. Select the text and press Ctrl+C.');
      }}
    />
  );
}
