'use client';
import { Button, IconButton } from '@berth/ui';
import { Plus, X } from 'lucide-react';
import type { ReactNode } from 'react';

/** Rows of inputs under one row of headings, with a way to add and to take away. */
export function Rows({
  headings,
  template,
  rows,
  add,
  onAdd,
  onRemove,
}: {
  headings: readonly string[];
  /** Grid tracks of one row, without the button at its end. */
  template: string;
  rows: readonly { key: string; name: string; cells: ReactNode }[];
  /** "Add port". */
  add: string;
  onAdd(): void;
  onRemove(index: number): void;
}) {
  return (
    <div className="flex flex-col gap-2">
      {rows.length > 0 && (
        <div
          aria-hidden
          className="hidden gap-2 pr-10 text-xs text-grey-10 sm:grid"
          style={{ gridTemplateColumns: template }}
        >
          {headings.map((heading) => (
            <span key={heading}>{heading}</span>
          ))}
        </div>
      )}
      {rows.map((row, index) => (
        <div key={row.key} className="flex items-start gap-2 border-b border-grey-5 pb-3 sm:border-0 sm:pb-0">
          <div
            className="grid min-w-0 flex-1 grid-cols-2 items-start gap-2 sm:grid-cols-(--tracks)"
            style={{ '--tracks': template } as React.CSSProperties}
          >
            {row.cells}
          </div>
          <IconButton label={`Take away ${row.name}`} icon={X} onClick={() => onRemove(index)} />
        </div>
      ))}
      <Button kind="secondary" size="sm" icon={Plus} onClick={onAdd} className="self-start">
        {add}
      </Button>
    </div>
  );
}
