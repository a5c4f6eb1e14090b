'use client';
import { cx } from '@berth/ui';
import type { ReactNode } from 'react';

export interface Chip {
  value: string;
  label: string;
  count?: number | undefined;
  /** Shape in the colour of the state. */
  icon?: ReactNode;
}

/** One of several filters; the count is part of its name. */
export function FilterChips({
  label,
  chips,
  value,
  onChange,
}: {
  label: string;
  chips: readonly Chip[];
  value: string;
  onChange(value: string): void;
}) {
  return (
    <fieldset aria-label={label} className="flex items-center gap-0.5">
      {chips.map((chip) => (
        <button
          key={chip.value}
          type="button"
          aria-pressed={chip.value === value}
          onClick={() => onChange(chip.value === value ? '' : chip.value)}
          className={cx(
            'focus-inset flex h-7 items-center gap-1.5 rounded-md px-2 text-sm whitespace-nowrap',
            chip.value === value
              ? 'bg-grey-4 font-medium text-grey-12'
              : 'text-grey-10 hover:bg-grey-3 hover:text-grey-12',
          )}
        >
          {chip.icon}
          {chip.label}
          {chip.count !== undefined && <span className="text-grey-10">{chip.count}</span>}
        </button>
      ))}
    </fieldset>
  );
}
