'use client';
import { CircleAlert } from 'lucide-react';
import { type ReactNode, useId } from 'react';
import { cx } from '../lib/cx.ts';

/** What a control needs to belong to its field. */
export interface FieldControl {
  id: string;
  'aria-describedby': string | undefined;
  'aria-invalid': true | undefined;
}

export interface FieldProps {
  label: string;
  /** Hides the label from sight where a column header already says it; it is still read out. */
  labelHidden?: boolean | undefined;
  hint?: ReactNode | undefined;
  error?: string | undefined;
  optional?: boolean | undefined;
  className?: string | undefined;
  children: (control: FieldControl) => ReactNode;
}

/** Label, control, hint and error, tied together for screen readers. */
export function Field({
  label,
  labelHidden,
  hint,
  error,
  optional,
  className,
  children,
}: FieldProps): ReactNode {
  const id = useId();
  const noteId = `${id}-note`;
  const optionalId = `${id}-optional`;
  const note = error ?? hint;
  const described = [note ? noteId : '', optional ? optionalId : ''].filter(Boolean).join(' ');
  return (
    <div className={cx('flex min-w-0 flex-col gap-1.5', className)}>
      <div className={labelHidden ? 'sr-only' : 'flex items-baseline gap-1.5 text-sm'}>
        <label htmlFor={id} className="font-medium text-grey-12">
          {label}
        </label>
        {optional && (
          <span id={optionalId} className="text-grey-10">
            optional
          </span>
        )}
      </div>
      {children({
        id,
        'aria-describedby': described || undefined,
        'aria-invalid': error ? true : undefined,
      })}
      {note && (
        <p
          id={noteId}
          className={cx('flex items-start gap-1.5 text-xs', error ? 'text-bad-text' : 'text-grey-10')}
        >
          {error && <CircleAlert aria-hidden size={12} className="mt-0.5 shrink-0" />}
          <span className="min-w-0 break-words">{note}</span>
        </p>
      )}
    </div>
  );
}

/** Several fields under one heading, told apart by a hairline. */
export function FieldSet({
  title,
  hint,
  action,
  children,
}: {
  title: string;
  hint?: ReactNode;
  action?: ReactNode;
  children: ReactNode;
}): ReactNode {
  const id = useId();
  return (
    <fieldset
      aria-labelledby={id}
      className="min-w-0 border-t border-grey-5 py-6 first:border-t-0 first:pt-0"
    >
      <div className="mb-3 flex min-h-8 items-start justify-between gap-3">
        <div className="min-w-0">
          <h2 id={id} className="text-lg font-semibold">
            {title}
          </h2>
          {hint && <p className="text-sm text-grey-10">{hint}</p>}
        </div>
        {action}
      </div>
      {children}
    </fieldset>
  );
}
