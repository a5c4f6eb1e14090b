'use client';
import { Check, Minus } from 'lucide-react';
import { Checkbox as RadixCheckbox, Switch as RadixSwitch } from 'radix-ui';
import { type ReactNode, useId } from 'react';
import { cx } from '../lib/cx.ts';

export interface CheckboxProps {
  checked: boolean | 'indeterminate';
  onChange(checked: boolean): void;
  label: string;
  labelHidden?: boolean | undefined;
  hint?: ReactNode | undefined;
  disabled?: boolean | undefined;
  className?: string | undefined;
}

/** A choice that takes effect with the form or the selection it belongs to. */
export function Checkbox({
  checked,
  onChange,
  label,
  labelHidden,
  hint,
  disabled,
  className,
}: CheckboxProps): ReactNode {
  const id = useId();
  const box = (
    <RadixCheckbox.Root
      id={id}
      checked={checked}
      disabled={disabled === true}
      onCheckedChange={(next) => onChange(next === true)}
      aria-label={labelHidden ? label : undefined}
      aria-describedby={hint ? `${id}-hint` : undefined}
      className={cx(
        'flex size-4 shrink-0 items-center justify-center rounded-sm border border-grey-8 bg-grey-1 text-accent-on-solid transition-colors hover:border-grey-9 disabled:opacity-45 data-[state=checked]:border-accent-solid data-[state=checked]:bg-accent-solid data-[state=indeterminate]:border-accent-solid data-[state=indeterminate]:bg-accent-solid',
        labelHidden && className,
      )}
    >
      <RadixCheckbox.Indicator>
        {checked === 'indeterminate' ? (
          <Minus aria-hidden size={12} strokeWidth={3} />
        ) : (
          <Check aria-hidden size={12} strokeWidth={3} />
        )}
      </RadixCheckbox.Indicator>
    </RadixCheckbox.Root>
  );
  if (labelHidden) return box;
  return (
    <Labelled id={id} label={label} hint={hint} className={className}>
      <span className="flex h-5 items-center">{box}</span>
    </Labelled>
  );
}

export interface SwitchProps {
  checked: boolean;
  onChange(checked: boolean): void;
  label: string;
  hint?: ReactNode | undefined;
  disabled?: boolean | undefined;
  className?: string | undefined;
}

/** A choice that takes effect at once. */
export function Switch({ checked, onChange, label, hint, disabled, className }: SwitchProps): ReactNode {
  const id = useId();
  return (
    <Labelled id={id} label={label} hint={hint} className={className}>
      <RadixSwitch.Root
        id={id}
        checked={checked}
        disabled={disabled === true}
        onCheckedChange={onChange}
        aria-describedby={hint ? `${id}-hint` : undefined}
        className="relative mt-0.5 h-4 w-7 shrink-0 rounded-full bg-grey-8 transition-colors hover:bg-grey-9 disabled:opacity-45 data-[state=checked]:bg-accent-solid"
      >
        <RadixSwitch.Thumb className="block size-3 translate-x-0.5 rounded-full bg-grey-1 transition-transform data-[state=checked]:translate-x-3.5" />
      </RadixSwitch.Root>
    </Labelled>
  );
}

function Labelled({
  id,
  label,
  hint,
  className,
  children,
}: {
  id: string;
  label: string;
  hint: ReactNode;
  className: string | undefined;
  children: ReactNode;
}): ReactNode {
  return (
    <div className={cx('flex items-start gap-2', className)}>
      {children}
      <div className="min-w-0">
        <label htmlFor={id} className="text-sm text-grey-12">
          {label}
        </label>
        {hint && (
          <p id={`${id}-hint`} className="text-xs text-grey-10">
            {hint}
          </p>
        )}
      </div>
    </div>
  );
}
