'use client';
import { cx, FieldSet, useDensity, useTheme } from '@berth/ui';
import type { LucideIcon } from 'lucide-react';
import { Monitor, Moon, Rows2, Rows4, Sun } from 'lucide-react';

const themes = [
  { value: 'light', label: 'Light', icon: Sun },
  { value: 'dark', label: 'Dark', icon: Moon },
  { value: 'system', label: 'As the system', icon: Monitor },
] as const;
const densities = [
  { value: 'comfortable', label: 'Comfortable', icon: Rows2 },
  { value: 'compact', label: 'Compact', icon: Rows4 },
] as const;

/** Look of the console in this browser. */
export function AppearanceSettings() {
  const { choice, setTheme } = useTheme();
  const [density, setDensity] = useDensity();
  return (
    <>
      <FieldSet title="Theme" hint="Kept in this browser.">
        <Choice name="theme" options={themes} value={choice} onChange={setTheme} />
      </FieldSet>
      <FieldSet title="Rows of tables" hint="36 or 28 pixels high.">
        <Choice name="density" options={densities} value={density} onChange={setDensity} />
      </FieldSet>
    </>
  );
}

function Choice<Value extends string>({
  name,
  options,
  value,
  onChange,
}: {
  name: string;
  options: readonly { value: Value; label: string; icon: LucideIcon }[];
  value: Value;
  onChange(value: Value): void;
}) {
  return (
    <div className="grid gap-2 sm:grid-cols-3">
      {options.map((option) => (
        <label
          key={option.value}
          className={cx(
            'flex h-10 cursor-pointer items-center gap-2.5 rounded-md border px-3 text-sm has-focus-visible:outline-2 has-focus-visible:outline-offset-1 has-focus-visible:outline-accent-ring',
            option.value === value
              ? 'border-accent-ring bg-accent-soft font-medium'
              : 'border-grey-6 hover:border-grey-8 hover:bg-grey-2',
          )}
        >
          <input
            type="radio"
            name={name}
            className="sr-only"
            checked={option.value === value}
            onChange={() => onChange(option.value)}
          />
          <option.icon aria-hidden size={16} className="text-grey-10" />
          {option.label}
        </label>
      ))}
    </div>
  );
}
