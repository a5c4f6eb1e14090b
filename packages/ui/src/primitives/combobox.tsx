'use client';
import { Popover } from 'radix-ui';
import { type KeyboardEvent, type ReactNode, type Ref, useId, useMemo, useState } from 'react';
import { cx } from '../lib/cx.ts';
import type { FieldControl } from './field.tsx';
import { Input } from './input.tsx';

export interface ComboboxProps extends Partial<FieldControl> {
  value: string;
  onChange(value: string): void;
  onBlur?: (() => void) | undefined;
  /** What can be chosen; anything else may be typed. */
  suggestions: readonly { value: string; detail?: string | undefined }[];
  placeholder?: string | undefined;
  mono?: boolean | undefined;
  autoFocus?: boolean | undefined;
  className?: string | undefined;
  ref?: Ref<HTMLInputElement> | undefined;
}

/** Free text with suggestions under it. */
export function Combobox(props: ComboboxProps): ReactNode {
  const { value, onChange, onBlur, suggestions, placeholder, mono, autoFocus, className, ref, ...control } =
    props;
  const listId = useId();
  const [open, setOpen] = useState(false);
  const [active, setActive] = useState(-1);
  const shown = useMemo(() => {
    const words = value.toLowerCase();
    const exact = suggestions.some((each) => each.value === value);
    return (
      exact ? suggestions : suggestions.filter((each) => each.value.toLowerCase().includes(words))
    ).slice(0, 50);
  }, [suggestions, value]);
  const visible = open && shown.length > 0;
  const choose = (next: string): void => {
    onChange(next);
    setOpen(false);
    setActive(-1);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      setOpen(true);
      setActive(
        (at) => (at + (event.key === 'ArrowDown' ? 1 : -1) + shown.length) % Math.max(1, shown.length),
      );
    } else if (event.key === 'Enter' && visible && shown[active]) {
      event.preventDefault();
      choose(shown[active].value);
    } else if (event.key === 'Escape' && visible) {
      event.stopPropagation();
      setOpen(false);
    }
  };
  return (
    <Popover.Root open={visible} onOpenChange={setOpen}>
      <Popover.Anchor asChild>
        <Input
          {...control}
          ref={ref}
          role="combobox"
          aria-expanded={visible}
          aria-controls={listId}
          aria-autocomplete="list"
          aria-activedescendant={visible && active >= 0 ? `${listId}-${active}` : undefined}
          mono={mono}
          autoFocus={autoFocus}
          autoCapitalize="none"
          placeholder={placeholder}
          value={value}
          className={className}
          onChange={(event) => {
            onChange(event.target.value);
            setOpen(true);
            setActive(-1);
          }}
          onClick={() => setOpen(true)}
          onBlur={() => {
            setOpen(false);
            onBlur?.();
          }}
          onKeyDown={onKeyDown}
        />
      </Popover.Anchor>
      <Popover.Portal>
        <Popover.Content
          id={listId}
          role="listbox"
          aria-label="Suggestions"
          align="start"
          sideOffset={4}
          onOpenAutoFocus={(event) => event.preventDefault()}
          onCloseAutoFocus={(event) => event.preventDefault()}
          onInteractOutside={(event) => event.preventDefault()}
          className="z-50 max-h-64 w-(--radix-popover-trigger-width) overflow-y-auto rounded-md border border-grey-6 bg-grey-1 p-1 shadow-float"
        >
          {shown.map((each, index) => (
            // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are handled by the input
            // biome-ignore lint/a11y/useFocusableInteractive: focus stays in the input
            <div
              key={each.value}
              id={`${listId}-${index}`}
              role="option"
              aria-selected={index === active}
              onMouseDown={(event) => event.preventDefault()}
              onMouseEnter={() => setActive(index)}
              onClick={() => choose(each.value)}
              className={cx(
                'flex h-8 cursor-default items-center gap-3 rounded-sm px-2 text-sm',
                index === active && 'bg-grey-3',
              )}
            >
              <span className={cx('clip flex-1', mono && 'font-mono text-xs')}>{each.value}</span>
              {each.detail && <span className="shrink-0 text-xs text-grey-10">{each.detail}</span>}
            </div>
          ))}
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}
