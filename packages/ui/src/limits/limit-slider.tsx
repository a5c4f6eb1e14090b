'use client';
import { type KeyboardEvent, type PointerEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import { cx } from '../lib/cx.ts';
import type { Scale } from './scale.ts';

/** Where on the track the host's capacity is; the rest is the stop "no limit". */
const capacityAt = 0.9;
/** From here on the thumb falls to the stop. */
const stopFrom = 0.95;

export interface LimitSliderProps {
  /** Accessible name: "CPU limit". */
  label: string;
  /** The limit; null is no limit. */
  value: number | null;
  scale: Scale;
  format: (value: number) => string;
  /** At the end of the track; "host" and the capacity without it. */
  capacityLabel?: string | undefined;
  /** Real usage of the last minutes: a band from `low` to `high`, a line at `now`, a tick at `peak`. */
  usage?: { low: number; high: number; now: number; peak: number } | undefined;
  disabled?: boolean | undefined;
  /** While the thumb moves. */
  onChange?: ((value: number | null) => void) | undefined;
  /** When it is let go, and after each key. */
  onCommit: (value: number | null) => void;
  className?: string | undefined;
}

/**
 * A limit on the track of what is really used. Arrow keys make one step, Page Up and Page Down a large one, Home goes
 * to the smallest value, End to "no limit".
 */
export function LimitSlider(props: LimitSliderProps): ReactNode {
  const { label, value, scale, format, usage, disabled = false, onChange, onCommit } = props;
  const track = useRef<HTMLDivElement>(null);
  const [dragged, setDragged] = useState<number | null | undefined>(undefined);
  const shown = dragged === undefined ? value : dragged;
  const at = (amount: number): number => scale.toPosition(amount) * capacityAt;
  const position = shown === null ? 1 : at(shown);

  // The page confirms a drag by handing the new value back; until then the thumb stays where it was let go.
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new value ends the drag
  useEffect(() => setDragged(undefined), [value]);

  const valueAt = (event: PointerEvent): number | null => {
    const box = track.current?.getBoundingClientRect();
    if (!box) return shown;
    const along = (event.clientX - box.left) / box.width;
    return along >= stopFrom ? null : scale.fromPosition(Math.min(1, Math.max(0, along / capacityAt)));
  };
  const drag = (event: PointerEvent): void => {
    const next = valueAt(event);
    setDragged(next);
    onChange?.(next);
  };
  const commit = (next: number | null): void => {
    setDragged(next);
    onChange?.(next);
    onCommit(next);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const next = keyed(event.key, shown, scale);
    if (next === undefined || disabled) return;
    event.preventDefault();
    if (next !== shown) commit(next);
  };

  return (
    <div className={cx('relative h-9 select-none', props.className)}>
      <div
        ref={track}
        className={cx(
          'absolute inset-x-2 top-0 h-6 touch-none',
          disabled ? 'cursor-not-allowed opacity-50' : 'cursor-pointer',
        )}
        onPointerDown={(event) => {
          if (disabled || event.button !== 0) return;
          event.currentTarget.setPointerCapture(event.pointerId);
          drag(event);
        }}
        onPointerMove={(event) => {
          if (event.currentTarget.hasPointerCapture(event.pointerId)) drag(event);
        }}
        onPointerUp={(event) => {
          if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
          event.currentTarget.releasePointerCapture(event.pointerId);
          commit(valueAt(event));
        }}
        onPointerCancel={() => setDragged(undefined)}
      >
        <div className="absolute inset-x-0 top-2 h-2 overflow-hidden rounded-full bg-grey-4">
          <div
            className="absolute inset-y-0 left-0 bg-grey-6"
            style={{ width: `${Math.min(position, capacityAt) * 100}%` }}
          />
          {usage && (
            <>
              <div
                className="absolute inset-y-0 bg-data-1/35"
                style={{
                  left: `${at(usage.low) * 100}%`,
                  width: `max(2px, ${(at(usage.high) - at(usage.low)) * 100}%)`,
                }}
              />
              <div
                className="absolute inset-y-0 w-0.5 bg-data-1"
                style={{ left: `calc(${at(usage.now) * 100}% - 1px)` }}
              />
            </>
          )}
        </div>
        {usage && (
          <div
            title={`Peak ${format(usage.peak)}`}
            className="absolute top-0.5 h-5 w-px bg-data-1"
            style={{ left: `${at(usage.peak) * 100}%` }}
          />
        )}
        <div
          aria-hidden
          className="absolute top-1 h-4 w-px bg-grey-7"
          style={{ left: `${capacityAt * 100}%` }}
        />
        <div
          role="slider"
          tabIndex={disabled ? -1 : 0}
          aria-label={label}
          aria-disabled={disabled || undefined}
          aria-valuemin={scale.min}
          aria-valuemax={scale.capacity}
          aria-valuenow={shown ?? scale.capacity}
          aria-valuetext={shown === null ? 'No limit' : format(shown)}
          onKeyDown={onKeyDown}
          className="absolute top-1 size-4 -translate-x-1/2 rounded-full border-2 border-accent-solid bg-grey-1"
          style={{ left: `${position * 100}%` }}
        />
      </div>
      <div
        aria-hidden
        className="pointer-events-none absolute inset-x-2 top-5.5 h-3 text-[11px] leading-3 text-grey-10"
      >
        <span className="absolute left-0">{format(scale.min)}</span>
        <span
          className="absolute -translate-x-full pr-1.5 whitespace-nowrap"
          style={{ left: `${capacityAt * 100}%` }}
        >
          {props.capacityLabel ?? `host ${format(scale.capacity)}`}
        </span>
        <span className={cx('absolute right-0 max-sm:hidden', shown === null && 'font-medium text-grey-12')}>
          no limit
        </span>
      </div>
    </div>
  );
}

/** What a key makes of the value; undefined for keys that are not the slider's. */
function keyed(key: string, value: number | null, scale: Scale): number | null | undefined {
  const step = (direction: 1 | -1, large: boolean): number | null => {
    if (value === null) return direction === 1 ? null : scale.capacity;
    return direction === 1 && value >= scale.capacity ? null : scale.next(value, direction, large);
  };
  switch (key) {
    case 'ArrowRight':
    case 'ArrowUp':
      return step(1, false);
    case 'ArrowLeft':
    case 'ArrowDown':
      return step(-1, false);
    case 'PageUp':
      return step(1, true);
    case 'PageDown':
      return step(-1, true);
    case 'Home':
      return scale.min;
    case 'End':
      return null;
    default:
      return undefined;
  }
}
