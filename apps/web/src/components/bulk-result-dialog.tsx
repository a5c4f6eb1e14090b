'use client';
import type { BulkResult } from '@berth/api/schemas';
import { Button, CopyButton, Dialog, ToneIcon } from '@berth/ui';

/** What happened to each of many: refusals first, with the engine's own words. */
export function BulkResultDialog({
  title,
  results,
  onClose,
}: {
  title: string;
  results: BulkResult['results'];
  onClose(): void;
}) {
  const failed = results.filter((result) => !result.ok);
  const sorted = [...failed, ...results.filter((result) => result.ok)];
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      size="md"
      title={`${title}: ${failed.length} refused`}
      description={`${results.length - failed.length} of ${results.length} succeeded.`}
      footer={
        <>
          <CopyButton
            label="Copy the results"
            text={sorted
              .map((each) => `${each.ok ? 'ok' : 'refused'} ${each.name} ${each.message ?? ''}`)
              .join('\n')}
          />
          <Button kind="primary" onClick={onClose}>
            Close
          </Button>
        </>
      }
    >
      <ul className="divide-y divide-grey-5" data-testid="results">
        {sorted.map((result) => (
          <li key={result.id} className="flex items-start gap-2.5 py-2 text-sm">
            <span className="mt-[3px]">
              <ToneIcon tone={result.ok ? 'ok' : 'bad'} />
            </span>
            <span className="min-w-0 flex-1">
              <span className="font-mono break-all">{result.name}</span>
              <span className="sr-only">{result.ok ? ' succeeded' : ' refused'}</span>
              {result.message && <span className="block break-words text-grey-10">{result.message}</span>}
            </span>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}
