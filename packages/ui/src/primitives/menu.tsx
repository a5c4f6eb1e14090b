'use client';
import { Check, type LucideIcon } from 'lucide-react';
import { DropdownMenu as Radix } from 'radix-ui';
import type { ReactNode } from 'react';
import { cx } from '../lib/cx.ts';
import { Kbd } from './mono.tsx';

const itemStyle =
  'relative flex min-h-8 cursor-default items-center gap-2.5 rounded-sm px-2 py-1 text-sm outline-none select-none data-disabled:opacity-45 data-highlighted:bg-grey-3';

/** A menu of actions. Build it from MenuItem, MenuCheck, MenuLabel and MenuLine. */
export function Menu({
  trigger,
  align = 'end',
  side,
  open,
  onOpenChange,
  className,
  children,
}: {
  /** The button that opens it. */
  trigger: ReactNode;
  align?: 'start' | 'center' | 'end';
  side?: 'top' | 'bottom' | 'left' | 'right';
  open?: boolean;
  onOpenChange?: (open: boolean) => void;
  className?: string;
  children: ReactNode;
}): ReactNode {
  return (
    <Radix.Root
      modal={false}
      {...(open === undefined ? {} : { open })}
      {...(onOpenChange === undefined ? {} : { onOpenChange })}
    >
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          align={align}
          {...(side ? { side } : {})}
          sideOffset={4}
          collisionPadding={8}
          onClick={(event) => event.stopPropagation()}
          className={cx(
            'z-50 max-h-(--radix-dropdown-menu-content-available-height) min-w-48 overflow-y-auto rounded-md border border-grey-6 bg-grey-1 p-1 shadow-float animate-in',
            className,
          )}
        >
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

export function MenuItem({
  icon: Icon,
  danger = false,
  disabled = false,
  shortcut,
  hint,
  asChild = false,
  onSelect,
  children,
}: {
  icon?: LucideIcon | undefined;
  danger?: boolean;
  disabled?: boolean;
  shortcut?: string;
  /** A second line. */
  hint?: ReactNode;
  /** Turns its only child (a link) into the item. */
  asChild?: boolean;
  onSelect?: () => void;
  children: ReactNode;
}): ReactNode {
  const style = cx(itemStyle, danger && 'text-bad-text data-highlighted:bg-bad-soft');
  if (asChild) {
    return (
      <Radix.Item asChild disabled={disabled} className={style} onSelect={onSelect}>
        {children}
      </Radix.Item>
    );
  }
  return (
    <Radix.Item disabled={disabled} className={style} onSelect={onSelect}>
      {Icon && <Icon aria-hidden size={14} className={danger ? undefined : 'text-grey-10'} />}
      <span className="min-w-0 flex-1">
        <span className="block break-words">{children}</span>
        {hint && <span className="block text-xs text-grey-10">{hint}</span>}
      </span>
      {shortcut && <Kbd>{shortcut}</Kbd>}
    </Radix.Item>
  );
}

/** One that can be on or off; choosing it keeps the menu open. */
export function MenuCheck({
  checked,
  onChange,
  disabled = false,
  children,
}: {
  checked: boolean;
  onChange(checked: boolean): void;
  disabled?: boolean;
  children: ReactNode;
}): ReactNode {
  return (
    <Radix.CheckboxItem
      checked={checked}
      disabled={disabled}
      onCheckedChange={onChange}
      onSelect={(event) => event.preventDefault()}
      className={cx(itemStyle, 'pl-8')}
    >
      <Radix.ItemIndicator className="absolute left-2 text-accent-text">
        <Check aria-hidden size={14} />
      </Radix.ItemIndicator>
      {children}
    </Radix.CheckboxItem>
  );
}

/** One of several. */
export function MenuRadio<Value extends string>({
  value,
  onChange,
  options,
}: {
  value: Value;
  onChange(value: Value): void;
  options: readonly { value: Value; label: ReactNode; icon?: LucideIcon; hint?: ReactNode }[];
}): ReactNode {
  return (
    <Radix.RadioGroup
      value={value}
      onValueChange={(next) => {
        const option = options.find((each) => each.value === next);
        if (option) onChange(option.value);
      }}
    >
      {options.map(({ value: each, label, icon: Icon, hint }) => (
        <Radix.RadioItem key={each} value={each} className={cx(itemStyle, 'pr-8')}>
          {Icon && <Icon aria-hidden size={14} className="text-grey-10" />}
          <span className="min-w-0 flex-1">
            {label}
            {hint && <span className="block text-xs text-grey-10">{hint}</span>}
          </span>
          <Radix.ItemIndicator className="absolute right-2 text-accent-text">
            <Check aria-hidden size={14} />
          </Radix.ItemIndicator>
        </Radix.RadioItem>
      ))}
    </Radix.RadioGroup>
  );
}

export function MenuLabel({ children }: { children: ReactNode }): ReactNode {
  return <Radix.Label className="px-2 pt-1.5 pb-1 text-xs text-grey-10">{children}</Radix.Label>;
}

export function MenuLine(): ReactNode {
  return <Radix.Separator className="-mx-1 my-1 h-px bg-grey-5" />;
}
