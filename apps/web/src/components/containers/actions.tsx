'use client';
import type { BulkResult, ContainerAction, ContainerRow } from '@berth/api/schemas';
import { Checkbox, ConfirmDialog, toast } from '@berth/ui';
import { createContext, type ReactNode, useCallback, useContext, useMemo, useState } from 'react';
import { useEnvironment } from '../../lib/environment.tsx';
import { wordsOf } from '../../lib/errors.ts';
import { useTRPCClient } from '../../lib/trpc.tsx';
import { BulkResultDialog } from '../bulk-result-dialog.tsx';
import { done, effectOf, objectWords, verb } from './action-words.ts';

type Target = Pick<ContainerRow, 'id' | 'name' | 'state'>;

interface Actions {
  /** Does it, after asking where it must be asked. `onDone` is called when all succeeded. */
  act(action: ContainerAction, rows: readonly Target[], onDone?: () => void): void;
  pending: ReadonlyMap<string, ContainerAction>;
}

interface Question {
  action: ContainerAction;
  rows: readonly Target[];
  onDone: (() => void) | undefined;
}

const ActionsContext = createContext<Actions | null>(null);

/** Asked first: what loses something, and what hits several at once. */
const mustAsk = (action: ContainerAction, rows: readonly Target[]): boolean =>
  action === 'remove' ||
  action === 'kill' ||
  (rows.length > 1 && (action === 'stop' || action === 'restart'));

/** Start, stop, remove and the rest, for one or many containers, with questions and results. */
export function ContainerActionsProvider({ children }: { children: ReactNode }) {
  const api = useTRPCClient();
  const environment = useEnvironment();
  const [question, setQuestion] = useState<Question | null>(null);
  const [asking, setAsking] = useState(false);
  const [results, setResults] = useState<{ title: string; results: BulkResult['results'] } | null>(null);
  const [pending, setPending] = useState<ReadonlyMap<string, ContainerAction>>(new Map());

  const run = useCallback(
    async (action: ContainerAction, rows: readonly Target[], options: { removeVolumes?: boolean } = {}) => {
      const ids = rows.map((row) => row.id);
      setPending((before) => new Map([...before, ...ids.map((id) => [id, action] as const)]));
      try {
        const answer = await api.containers.act.mutate({
          environment,
          ids,
          action,
          force: action === 'remove',
          removeVolumes: options.removeVolumes ?? false,
        });
        const failed = answer.results.filter((result) => !result.ok);
        if (failed.length === 0) toast.success(`${done[action]} ${objectWords(rows)}`);
        else if (rows.length === 1) {
          toast.error(`${verb[action]} ${objectWords(rows)}: refused`, {
            description: failed[0]?.message ?? undefined,
          });
        } else setResults({ title: `${verb[action]} ${objectWords(rows)}`, results: answer.results });
        return failed.length === 0;
      } catch (error) {
        toast.error(`${verb[action]} ${objectWords(rows)}: not done`, { description: wordsOf(error) });
        return false;
      } finally {
        setPending((before) => new Map([...before].filter(([id]) => !ids.includes(id))));
      }
    },
    [api, environment],
  );

  const act = useCallback<Actions['act']>(
    (action, rows, onDone) => {
      if (rows.length === 0) return;
      if (mustAsk(action, rows)) {
        setQuestion({ action, rows, onDone });
        setAsking(true);
      } else void run(action, rows).then((ok) => ok && onDone?.());
    },
    [run],
  );

  const value = useMemo(() => ({ act, pending }), [act, pending]);
  return (
    <ActionsContext value={value}>
      {children}
      {question && <ActionQuestion open={asking} onOpenChange={setAsking} question={question} run={run} />}
      {results && (
        <BulkResultDialog title={results.title} results={results.results} onClose={() => setResults(null)} />
      )}
    </ActionsContext>
  );
}

function ActionQuestion({
  open,
  onOpenChange,
  question,
  run,
}: {
  open: boolean;
  onOpenChange(open: boolean): void;
  question: Question;
  run(
    action: ContainerAction,
    rows: readonly Target[],
    options: { removeVolumes?: boolean },
  ): Promise<boolean>;
}) {
  const { action, rows, onDone } = question;
  const [removeVolumes, setRemoveVolumes] = useState(false);
  const running = rows.filter((row) => row.state === 'running' || row.state === 'paused').length;
  return (
    <ConfirmDialog
      open={open}
      onOpenChange={onOpenChange}
      danger={action === 'remove' || action === 'kill'}
      title={`${verb[action]} ${objectWords(rows)}?`}
      effect={effectOf(action, rows.length)}
      action={rows.length === 1 ? `${verb[action]} container` : `${verb[action]} ${objectWords(rows)}`}
      onConfirm={async () => {
        // The dialog closes at once: rows show what is being done to them, results come as a message.
        void run(action, rows, { removeVolumes }).then((ok) => ok && onDone?.());
      }}
    >
      {rows.length > 1 && (
        <ul className="max-h-40 overflow-y-auto rounded-md border border-grey-5 px-3 py-1.5 font-mono text-xs leading-5">
          {rows.map((row) => (
            <li key={row.id} className="break-all">
              {row.name}
            </li>
          ))}
        </ul>
      )}
      {action === 'remove' && running > 0 && (
        <p className="text-sm text-warn-text">
          {rows.length === 1
            ? 'It is running and is killed first.'
            : `${running} of them run and are killed first.`}
        </p>
      )}
      {action === 'remove' && (
        <Checkbox
          label={`Remove ${rows.length === 1 ? 'its' : 'their'} anonymous volumes too`}
          hint="Data in volumes without a name is lost."
          checked={removeVolumes}
          onChange={setRemoveVolumes}
        />
      )}
    </ConfirmDialog>
  );
}

export function useContainerActions(): Actions {
  const actions = useContext(ActionsContext);
  if (!actions) throw new Error('useContainerActions needs a ContainerActionsProvider above it.');
  return actions;
}

/** What is being done to a container by this page. */
export function usePendingAction(id: string): ContainerAction | undefined {
  return useContext(ActionsContext)?.pending.get(id);
}
