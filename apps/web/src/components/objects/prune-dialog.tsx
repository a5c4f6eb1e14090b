'use client';
import type { BulkResult, PrunePlan } from '@berth/api/schemas';
import {
  Button,
  Bytes,
  Checkbox,
  count,
  Dialog,
  ErrorNote,
  formatBytes,
  RelativeTime,
  Skeleton,
  toast,
} from '@berth/ui';
import { useEffect, useState } from 'react';
import { wordsOf } from '../../lib/errors.ts';
import { BulkResultDialog } from '../bulk-result-dialog.tsx';

type PruneResult = BulkResult & { reclaimedBytes: number };

export interface PruneDialogProps {
  open: boolean;
  onOpenChange(open: boolean): void;
  /** "image", "volume". */
  noun: string;
  plan: PrunePlan | undefined;
  error: unknown;
  /** The wider scope: "Tagged images that no container uses, too". */
  allLabel: string;
  all: boolean;
  onAll(all: boolean): void;
  /** What is lost. */
  effect: string;
  prune: (ids: string[]) => Promise<PruneResult>;
}

/** The exact list with sizes and reasons; each can be left out. Nothing is removed that was not shown. */
export function PruneDialog(props: PruneDialogProps) {
  const { open, onOpenChange, noun, plan, error, allLabel, all, onAll, effect, prune } = props;
  const [kept, setKept] = useState<ReadonlySet<string>>(new Set());
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>(null);
  const [results, setResults] = useState<BulkResult['results'] | null>(null);
  useEffect(() => {
    if (!open) return;
    setKept(new Set());
    setFailure(null);
  }, [open]);
  const chosen = plan?.items.filter((item) => !kept.has(item.id)) ?? [];
  const bytes = chosen.reduce((sum, item) => sum + (item.sizeBytes ?? 0), 0);

  const run = async (): Promise<void> => {
    setBusy(true);
    setFailure(null);
    try {
      const answer = await prune(chosen.map((item) => item.id));
      onOpenChange(false);
      if (answer.results.some((result) => !result.ok)) setResults(answer.results);
      else
        toast.success(`Removed ${count(chosen.length, noun)}, ${formatBytes(answer.reclaimedBytes)} freed`);
    } catch (reason) {
      setFailure(reason);
    } finally {
      setBusy(false);
    }
  };

  return (
    <>
      <Dialog
        open={open}
        onOpenChange={onOpenChange}
        size="md"
        title={`Prune ${noun}s`}
        description={effect}
        footer={
          <>
            <Button onClick={() => onOpenChange(false)}>Cancel</Button>
            <Button kind="danger" busy={busy} disabled={chosen.length === 0} onClick={run}>
              Remove {count(chosen.length, noun)}
              {bytes > 0 && `, ${formatBytes(bytes)}`}
            </Button>
          </>
        }
      >
        <Checkbox label={allLabel} checked={all} onChange={onAll} className="mb-3" />
        {error ? <ErrorNote error={wordsOf(error)} /> : null}
        {failure ? <ErrorNote error={wordsOf(failure)} className="mb-3" /> : null}
        {!plan && !error && <Skeleton className="h-24" />}
        {plan?.items.length === 0 && (
          <p className="py-6 text-center text-sm text-grey-10">Nothing to remove.</p>
        )}
        {plan && plan.items.length > 0 && (
          <ul className="divide-y divide-grey-5 rounded-md border border-grey-5" data-testid="prune-plan">
            {plan.items.map((item) => (
              <li key={item.id} className="flex items-start gap-3 px-3 py-2">
                <span className="mt-0.5">
                  <Checkbox
                    label={`Remove ${item.name}`}
                    labelHidden
                    checked={!kept.has(item.id)}
                    onChange={(on) => {
                      const next = new Set(kept);
                      if (on) next.delete(item.id);
                      else next.add(item.id);
                      setKept(next);
                    }}
                  />
                </span>
                <span className="min-w-0 flex-1">
                  <span className="block font-mono text-xs leading-5 break-all">{item.name}</span>
                  <span className="block text-xs text-grey-10">
                    {item.reason}
                    {item.createdAtMs !== null && (
                      <>
                        , made <RelativeTime at={item.createdAtMs} />
                      </>
                    )}
                  </span>
                </span>
                <Bytes value={item.sizeBytes} className="text-sm text-grey-11" />
              </li>
            ))}
          </ul>
        )}
      </Dialog>
      {results && (
        <BulkResultDialog title={`Prune ${noun}s`} results={results} onClose={() => setResults(null)} />
      )}
    </>
  );
}
