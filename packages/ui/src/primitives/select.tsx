'use client';
import { Check, ChevronDown } from 'lucide-react';
import { Select as Radix } from 'radix-ui';
import type { ReactNode } from 'react';
import { cx } from '../lib/cx.ts';
import type { FieldControl } from './field.tsx';
import { controlStyle } from './input.tsx';

export interface SelectOption<Value extends string> {
  value: Value;
  label: string;
  /** A second line in the list. */
  hint?: string | undefined;
  disabled?: boolean | undefined;
}

export interface SelectProps<Value extends string> extends Partial<FieldControl> {
  value: Value;
  onChange(value: Value): void;
  options: readonly SelectOption<Value>[];
  /** Accessible name when no label is tied to it. */
  label?: string | undefined;
  disabled?: boolean | undefined;
  className?: string | undefined;
}

/** One of a short list. */
export function Select<Value extends string>({
  value,
  onChange,
  options,
  label,
  disabled,
  className,
  ...control
}: SelectProps<Value>): ReactNode {
  const choose = (next: string): void => {
    const option = options.find((each) => each.value === next);
    if (option) onChange(option.value);
  };
  return (
    <Radix.Root value={value} onValueChange={choose} disabled={disabled === true}>
      <Radix.Trigger
        {...control}
        aria-label={label}
        className={cx(
          controlStyle,
          'flex h-8 items-center justify-between gap-2 text-left whitespace-nowrap',
          className,
        )}
      >
        <span className="clip">
          <Radix.Value />
        </span>
        <ChevronDown aria-hidden size={14} className="shrink-0 text-grey-10" />
      </Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          position="popper"
          sideOffset={4}
          className="z-50 max-h-(--radix-select-content-available-height) min-w-(--radix-select-trigger-width) overflow-hidden rounded-md border border-grey-6 bg-grey-1 p-1 shadow-float animate-in"
        >
          <Radix.Viewport>
            {options.map((option) => (
              <Radix.Item
                key={option.value}
                value={option.value}
                disabled={option.disabled === true}
                className="relative flex cursor-default flex-col rounded-sm py-1.5 pr-8 pl-2 text-sm outline-none select-none data-disabled:opacity-45 data-highlighted:bg-grey-3"
              >
                <Radix.ItemText>{option.label}</Radix.ItemText>
                {option.hint && <span className="text-xs text-grey-10">{option.hint}</span>}
                <Radix.ItemIndicator className="absolute top-2 right-2 text-accent-text">
                  <Check aria-hidden size={14} />
                </Radix.ItemIndicator>
              </Radix.Item>
            ))}
          </Radix.Viewport>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
