'use client';
import { cva, type VariantProps } from 'class-variance-authority';
import { LoaderCircle, type LucideIcon } from 'lucide-react';
import { Slot } from 'radix-ui';
import type { ButtonHTMLAttributes, ReactNode, Ref } from 'react';
import { cx } from '../lib/cx.ts';
import { Tooltip } from './tooltip.tsx';

export const buttonStyle = cva(
  'inline-flex shrink-0 select-none items-center justify-center gap-1.5 rounded-md border font-medium whitespace-nowrap transition-colors duration-100 disabled:pointer-events-none disabled:opacity-45 aria-disabled:pointer-events-none aria-disabled:opacity-45 [&_svg]:shrink-0',
  {
    variants: {
      kind: {
        primary: 'border-transparent bg-accent-solid text-accent-on-solid hover:bg-accent-solid-hover',
        secondary:
          'border-grey-6 bg-grey-1 text-grey-12 hover:border-grey-7 hover:bg-grey-3 active:bg-grey-4',
        ghost: 'border-transparent text-grey-11 hover:bg-grey-3 hover:text-grey-12 active:bg-grey-4',
        danger: 'border-transparent bg-bad-solid text-bad-on-solid hover:bg-bad-solid-hover',
        'danger-quiet': 'border-grey-6 bg-grey-1 text-bad-text hover:border-bad-dot hover:bg-bad-soft',
      },
      size: {
        sm: 'h-7 px-2 text-sm',
        md: 'h-8 px-3 text-sm',
        lg: 'h-9 px-4 text-base',
      },
    },
    defaultVariants: { kind: 'secondary', size: 'md' },
  },
);

export interface ButtonProps
  extends ButtonHTMLAttributes<HTMLButtonElement>,
    VariantProps<typeof buttonStyle> {
  icon?: LucideIcon | undefined;
  /** Shows that the work is under way and refuses further presses; the words stay, so nothing jumps. */
  busy?: boolean | undefined;
  /** Gives the look to its only child, a link for example. */
  asChild?: boolean | undefined;
  ref?: Ref<HTMLButtonElement> | undefined;
}

/** A verb with its object: "Stop 3 containers". */
export function Button({
  kind,
  size,
  icon: Icon,
  busy = false,
  asChild,
  className,
  children,
  ...rest
}: ButtonProps): ReactNode {
  const style = cx(buttonStyle({ kind, size }), className);
  if (asChild) {
    return (
      <Slot.Root className={style} {...rest}>
        {children}
      </Slot.Root>
    );
  }
  return (
    <button
      type="button"
      className={style}
      {...rest}
      disabled={rest.disabled === true || busy}
      aria-busy={busy || undefined}
    >
      {busy ? (
        <LoaderCircle aria-hidden size={14} className="animate-spin" />
      ) : (
        Icon && <Icon aria-hidden size={14} strokeWidth={2} />
      )}
      {children}
    </button>
  );
}

export interface IconButtonProps
  extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'aria-label' | 'children'> {
  /** What it does; the accessible name and the tooltip. */
  label: string;
  icon: LucideIcon;
  size?: 'sm' | 'md' | undefined;
  kind?: 'ghost' | 'secondary' | undefined;
  /** Paler, for rows of a table where many stand under each other. */
  quiet?: boolean | undefined;
  /** A filled shape: play, stop. */
  filled?: boolean | undefined;
  pressed?: boolean | undefined;
  /** Key that does the same, shown in the tooltip. */
  shortcut?: string | undefined;
  tooltipSide?: 'top' | 'bottom' | 'left' | 'right' | undefined;
  ref?: Ref<HTMLButtonElement> | undefined;
}

/** A square button with an icon; its name is said to screen readers and shown on hover. */
export function IconButton({
  label,
  icon: Icon,
  size = 'md',
  kind = 'ghost',
  quiet = false,
  filled = false,
  pressed,
  shortcut,
  tooltipSide,
  className,
  ...rest
}: IconButtonProps): ReactNode {
  return (
    <Tooltip text={label} shortcut={shortcut} side={tooltipSide}>
      <button
        type="button"
        aria-label={label}
        aria-pressed={pressed}
        className={cx(
          buttonStyle({ kind }),
          size === 'sm' ? 'size-7 px-0' : 'size-8 px-0',
          quiet && 'text-grey-9',
          pressed && 'bg-accent-soft text-accent-text hover:bg-accent-soft-hover hover:text-accent-text',
          className,
        )}
        {...rest}
      >
        <Icon
          aria-hidden
          size={filled ? 12 : size === 'sm' ? 14 : 16}
          strokeWidth={1.75}
          className={filled ? 'fill-current' : undefined}
        />
      </button>
    </Tooltip>
  );
}
