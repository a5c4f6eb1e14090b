'use client';
import { Eye, EyeOff, Search, X } from 'lucide-react';
import {
  type InputHTMLAttributes,
  type ReactNode,
  type Ref,
  type TextareaHTMLAttributes,
  useRef,
  useState,
} from 'react';
import { cx } from '../lib/cx.ts';
import { IconButton } from './button.tsx';

/** The frame of every text control. */
export const controlStyle =
  'w-full min-w-0 rounded-md border border-grey-7 bg-grey-1 px-2.5 text-sm text-grey-12 transition-colors hover:border-grey-8 focus-visible:border-accent-ring focus-visible:outline-1 focus-visible:outline-offset-0 disabled:cursor-not-allowed disabled:bg-grey-3 disabled:text-grey-10 aria-invalid:border-bad-dot';

export interface InputProps extends InputHTMLAttributes<HTMLInputElement> {
  mono?: boolean | undefined;
  /** A unit or prefix drawn inside, at the end. */
  unit?: string | undefined;
  ref?: Ref<HTMLInputElement> | undefined;
}

export function Input({ mono, unit, className, ...rest }: InputProps): ReactNode {
  const input = (
    <input
      autoComplete="off"
      spellCheck={false}
      className={cx(controlStyle, 'h-8', mono && 'font-mono', unit && 'pr-14', className)}
      {...rest}
    />
  );
  if (!unit) return input;
  return (
    <span className="relative block w-full">
      {input}
      <span
        aria-hidden
        className="pointer-events-none absolute inset-y-0 right-2.5 flex items-center text-xs text-grey-10"
      >
        {unit}
      </span>
    </span>
  );
}

export interface TextareaProps extends TextareaHTMLAttributes<HTMLTextAreaElement> {
  mono?: boolean | undefined;
  ref?: Ref<HTMLTextAreaElement> | undefined;
}

export function Textarea({ mono, className, ...rest }: TextareaProps): ReactNode {
  return (
    <textarea
      spellCheck={false}
      className={cx(controlStyle, 'min-h-20 py-1.5 leading-5', mono && 'font-mono text-xs', className)}
      {...rest}
    />
  );
}

/** A password with a button that shows it. */
export function PasswordInput({ className, ...rest }: InputProps): ReactNode {
  const [shown, setShown] = useState(false);
  return (
    <span className="relative block w-full">
      <Input {...rest} type={shown ? 'text' : 'password'} className={cx('pr-9', className)} />
      <IconButton
        size="sm"
        className="absolute top-0.5 right-0.5"
        label={shown ? 'Hide the password' : 'Show the password'}
        icon={shown ? EyeOff : Eye}
        onClick={() => setShown(!shown)}
      />
    </span>
  );
}

/** Search over a list. Escape empties it, the key `/` anywhere on the page goes to it (see `useSearchKey`). */
export function SearchInput({
  value,
  onChange,
  label,
  className,
  ref,
}: {
  value: string;
  onChange(value: string): void;
  /** Accessible name and placeholder. */
  label: string;
  className?: string | undefined;
  ref?: Ref<HTMLInputElement> | undefined;
}): ReactNode {
  const own = useRef<HTMLInputElement>(null);
  return (
    <span className={cx('relative block', className)}>
      <Search aria-hidden size={14} className="pointer-events-none absolute top-2.25 left-2.5 text-grey-9" />
      <Input
        ref={ref ?? own}
        type="search"
        role="searchbox"
        aria-label={label}
        placeholder={label}
        value={value}
        data-search
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Escape') return;
          if (value) onChange('');
          else event.currentTarget.blur();
        }}
        className="px-8"
      />
      {value && (
        <IconButton
          size="sm"
          className="absolute top-0.5 right-0.5"
          label="Empty the search"
          icon={X}
          onClick={() => onChange('')}
        />
      )}
    </span>
  );
}
