'use client';
import type { BulkResult } from '@berth/api/schemas';
import { ConfirmDialog, toast } from '@berth/ui';
import { type ReactNode, useState } from 'react';
import { BulkResultDialog } from '../bulk-result-dialog.tsx';

interface Removal<Row> {
  rows: readonly Row[];
  after: (() => void) | undefined;
}

export interface RemovalOptions<Row> {
  /** "image", "volume". */
  noun: string;
  nameOf: (row: Row) => string;
  effect: (rows: readonly Row[]) => ReactNode;
  /** Data is lost: the name of a single one must be typed. */
  typed?: boolean;
  /** Choices shown in the question. */
  choices?: (rows: readonly Row[]) => ReactNode;
  remove: (rows: readonly Row[]) => Promise<BulkResult>;
  onRemoved: () => void;
}

/** Asks, removes one or many, and tells what was refused. Returns the way to ask and the dialogs to draw. */
export function useRemoval<Row>(
  options: RemovalOptions<Row>,
): [(rows: readonly Row[], after?: () => void) => void, ReactNode] {
  const { noun, nameOf } = options;
  const [removal, setRemoval] = useState<Removal<Row> | null>(null);
  const [open, setOpen] = useState(false);
  const [results, setResults] = useState<{ title: string; results: BulkResult['results'] } | null>(null);
  const rows = removal?.rows ?? [];
  const [first] = rows;
  const name = rows.length === 1 && first ? nameOf(first) : `${rows.length} ${noun}s`;

  const confirm = async (): Promise<void> => {
    const answer = await options.remove(rows);
    options.onRemoved();
    const failed = answer.results.filter((result) => !result.ok);
    if (failed.length === 0) {
      toast.success(`Removed ${name}`);
      removal?.after?.();
    } else if (rows.length === 1) throw new Error(failed[0]?.message ?? 'The engine refused.');
    else setResults({ title: `Remove ${name}`, results: answer.results });
  };

  return [
    (wanted, after) => {
      setRemoval({ rows: wanted, after });
      setOpen(true);
    },
    <>
      {removal && (
        <ConfirmDialog
          open={open}
          onOpenChange={setOpen}
          title={`Remove ${name}?`}
          effect={options.effect(rows)}
          action={rows.length === 1 ? `Remove ${noun}` : `Remove ${name}`}
          typedName={options.typed && rows.length === 1 ? name : undefined}
          onConfirm={confirm}
        >
          {rows.length > 1 && (
            <ul className="max-h-40 overflow-y-auto rounded-md border border-grey-5 px-3 py-1.5 font-mono text-xs leading-5">
              {rows.map((row) => (
                <li key={nameOf(row)} className="break-all">
                  {nameOf(row)}
                </li>
              ))}
            </ul>
          )}
          {options.choices?.(rows)}
        </ConfirmDialog>
      )}
      {results && (
        <BulkResultDialog title={results.title} results={results.results} onClose={() => setResults(null)} />
      )}
    </>,
  ];
}
