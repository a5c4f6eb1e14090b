'use client';
import { type ReactNode, useEffect, useId, useState } from 'react';
import { Input } from '../primitives/input.tsx';
import { LimitSlider, type LimitSliderProps } from './limit-slider.tsx';

export interface LimitRowProps extends Omit<LimitSliderProps, 'className' | 'onChange'> {
  /** Reads what was typed; null when it is not a value. An empty field is "no limit". */
  parse: (text: string) => number | null;
  /** Example in the empty field: "256 MiB". */
  example: string;
  /** Below: what the kernel says, a warning, how much is used. */
  note?: ReactNode | undefined;
}

/** One resource: its name, the slider over its real usage, the exact value with its unit. */
export function LimitRow({ parse, example, note, ...slider }: LimitRowProps): ReactNode {
  const { label, value, format, scale, disabled, onCommit } = slider;
  const id = useId();
  const [moving, setMoving] = useState<number | null | undefined>(undefined);
  const shown = moving === undefined ? value : moving;
  const [text, setText] = useState<string | null>(null);
  const [error, setError] = useState<string | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the confirmed value replaces what was typed
  useEffect(() => {
    setMoving(undefined);
    setText(null);
  }, [value]);

  const commitText = (): void => {
    if (text === null) return;
    const wanted = text.trim() === '' ? null : parse(text);
    if (wanted === null && text.trim() !== '') {
      setError(`Give a value such as ${example}.`);
      return;
    }
    if (wanted !== null && (wanted < scale.min || wanted > scale.capacity)) {
      setError(`${format(scale.min)} to ${format(scale.capacity)}.`);
      return;
    }
    setError(null);
    setText(null);
    if (wanted !== value) onCommit(wanted);
  };

  return (
    <div className="grid grid-cols-[1fr_auto] items-start gap-x-4 gap-y-1 py-3 sm:grid-cols-[96px_1fr_132px]">
      <label htmlFor={id} className="self-center text-sm font-medium sm:h-8 sm:leading-8">
        {label}
      </label>
      <LimitSlider
        {...slider}
        className="order-last col-span-2 sm:order-none sm:col-span-1 sm:mt-1"
        onChange={setMoving}
        onCommit={(next) => {
          setText(null);
          setError(null);
          onCommit(next);
        }}
      />
      <div className="w-33">
        <Input
          id={id}
          disabled={disabled}
          aria-invalid={error ? true : undefined}
          aria-describedby={error ? `${id}-error` : undefined}
          placeholder="no limit"
          value={text ?? (shown === null ? '' : format(shown))}
          onChange={(event) => setText(event.target.value)}
          onBlur={commitText}
          onKeyDown={(event) => {
            if (event.key === 'Enter') {
              event.preventDefault();
              commitText();
            } else if (event.key === 'Escape') {
              setText(null);
              setError(null);
            }
          }}
          className="text-right"
        />
        {error && (
          <p id={`${id}-error`} role="alert" className="mt-1 text-right text-xs text-bad-text">
            {error}
          </p>
        )}
      </div>
      {note && <div className="order-last col-span-2 px-2 text-xs text-grey-10 sm:col-start-2">{note}</div>}
    </div>
  );
}
