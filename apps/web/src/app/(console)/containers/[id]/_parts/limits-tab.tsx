'use client';
import type { LimitsReport } from '@berth/api/schemas';
import {
  binaryScale,
  ConfirmDialog,
  ErrorNote,
  formatBytes,
  LimitRow,
  linearScale,
  parseBytes,
  Skeleton,
  toast,
} from '@berth/ui';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { PageScroll } from '../../../../../components/page.tsx';
import { useEnvironment } from '../../../../../lib/environment.tsx';
import { wordsOf } from '../../../../../lib/errors.ts';
import { useTRPC } from '../../../../../lib/trpc.tsx';
import { useContainer } from './container-context.tsx';
import { usageOf } from './usage-band.ts';

type Change = {
  cpus?: number | null;
  memoryBytes?: number | null;
  memorySwapBytes?: number | null;
  pids?: number | null;
};

interface Question {
  change: Change;
  title: string;
  effect: string;
}

const mebibyte = 1024 ** 2;
const leastMemory = 8 * mebibyte;
const mostPids = 4_096;

const cores = (value: number): string => `${Number(value.toFixed(2))} ${value === 1 ? 'core' : 'cores'}`;
const processes = (value: number): string => String(value);

/** Limits on the track of what is really used; they hold from the moment the handle is let go. */
export function LimitsTab() {
  const { detail } = useContainer();
  const trpc = useTRPC();
  const environment = useEnvironment();
  const query = useQuery(
    trpc.containers.limits.queryOptions({ environment, id: detail.id }, { staleTime: 0 }),
  );
  if (query.error && !query.data)
    return (
      <ErrorNote
        className="m-4"
        title="The limits could not be read"
        error={new Error(wordsOf(query.error))}
        onRetry={query.refetch}
      />
    );
  if (!query.data) return <Skeleton className="m-4 h-40 max-w-3xl" />;
  return <Limits report={query.data} />;
}

function Limits({ report }: { report: LimitsReport }) {
  const { detail, stats } = useContainer();
  const [question, setQuestion] = useState<Question | null>(null);
  const { apply, undo, error, dismiss } = useApply();
  const { configured, host, kernel, running } = report;
  const used = stats.last;

  const commit = (change: Change): void => {
    const asked = questionFor(change, detail.name, used);
    if (asked) setQuestion({ change, ...asked });
    else apply(change);
  };
  const swap = host.memoryBytes * 2;
  return (
    <PageScroll className="max-w-4xl pt-3">
      <p className="text-sm text-grey-10">
        {running
          ? 'A limit holds from the moment you let go of its handle; nothing is restarted.'
          : 'It does not run. Limits hold from its next start.'}
      </p>
      {error !== null && (
        <ErrorNote
          className="mt-3"
          title="The limit was not changed"
          error={new Error(error)}
          onRetry={dismiss}
        />
      )}
      <div key={undo} className="mt-1 divide-y divide-grey-4">
        <LimitRow
          label="CPU"
          value={configured.cpus}
          scale={linearScale({ min: 0.05, capacity: host.cpus, step: 0.05, largeStep: 0.25 })}
          format={cores}
          parse={parseCores}
          example="0.5"
          usage={usageOf(stats, ({ cpuCores }) => cpuCores)}
          onCommit={(cpus) => commit({ cpus })}
          note={<CpuNote report={report} used={used?.cpuCores ?? null} />}
        />
        <LimitRow
          label="Memory"
          value={configured.memoryBytes}
          scale={binaryScale({ min: leastMemory, capacity: host.memoryBytes })}
          format={formatBytes}
          parse={parseBytes}
          example="256 MiB"
          usage={usageOf(stats, ({ memoryBytes }) => memoryBytes)}
          onCommit={(memoryBytes) => commit({ memoryBytes })}
          note={<Note report={report} value={kernel && bytesOf(kernel.memoryBytes)} />}
        />
        <LimitRow
          label="Memory + swap"
          value={configured.memorySwapBytes}
          scale={binaryScale({ min: leastMemory, capacity: swap })}
          format={formatBytes}
          parse={parseBytes}
          example="512 MiB"
          disabled={configured.memoryBytes === null}
          onCommit={(memorySwapBytes) => commit({ memorySwapBytes })}
          note={
            configured.memoryBytes === null ? (
              'Needs a memory limit.'
            ) : (
              <Note report={report} value={kernel && bytesOf(kernel.memorySwapBytes)} />
            )
          }
        />
        <LimitRow
          label="Processes"
          value={configured.pids}
          scale={linearScale({ min: 1, capacity: mostPids, step: 1, largeStep: 64 })}
          format={processes}
          parse={parseCount}
          example="100"
          usage={usageOf(stats, ({ pids }) => pids)}
          onCommit={(pids) => commit({ pids })}
          note={
            <Note
              report={report}
              value={kernel && (kernel.pids === null ? 'no limit' : String(kernel.pids))}
            />
          }
        />
      </div>
      <ConfirmDialog
        open={question !== null}
        onOpenChange={(open) => {
          if (open) return;
          setQuestion(null);
          // The handle goes back to where the kernel has it.
          dismiss();
        }}
        title={question?.title ?? ''}
        effect={question?.effect ?? ''}
        action="Set the limit"
        onConfirm={() => (question ? apply(question.change) : undefined)}
      />
    </PageScroll>
  );
}

/** Sends a change and puts what the server read back in the place of what was shown. */
function useApply() {
  const { detail } = useContainer();
  const trpc = useTRPC();
  const environment = useEnvironment();
  const queries = useQueryClient();
  const [error, setError] = useState<string | null>(null);
  const [undo, setUndo] = useState(0);
  const target = { environment, id: detail.id };
  const update = useMutation(trpc.containers.updateLimits.mutationOptions());
  const apply = async (change: Change): Promise<void> => {
    setError(null);
    try {
      const report = await update.mutateAsync({ ...target, ...change });
      queries.setQueryData(trpc.containers.limits.queryKey(target), report);
      for (const warning of report.warnings) toast.warning(warning);
      await queries.invalidateQueries({ queryKey: trpc.containers.inspect.queryKey(target) });
      // The engine may have rounded to the same value: the handle must not stay where it was dropped.
      setUndo((count) => count + 1);
    } catch (cause) {
      setError(wordsOf(cause));
      setUndo((count) => count + 1);
    }
  };
  const dismiss = (): void => {
    setError(null);
    setUndo((count) => count + 1);
  };
  return { apply, undo, error, dismiss };
}

/** Below what is used now, less memory or fewer processes break things; less CPU only makes them slow. */
function questionFor(
  { memoryBytes, pids }: Change,
  name: string,
  used: { memoryBytes: number; pids: number } | null,
): Omit<Question, 'change'> | null {
  if (!used) return null;
  if (typeof memoryBytes === 'number' && memoryBytes < used.memoryBytes) {
    return {
      title: `Give ${name} less memory than it uses?`,
      effect: `It uses ${formatBytes(used.memoryBytes)} now. The kernel first takes caches back and swaps; if ${formatBytes(memoryBytes)} is still not enough, it kills a process of ${name}. A higher limit brings nothing killed back.`,
    };
  }
  if (typeof pids === 'number' && pids < used.pids) {
    return {
      title: `Allow ${name} fewer processes than it has?`,
      effect: `It has ${used.pids} now. They go on, but none can be started until fewer than ${pids} are left.`,
    };
  }
  return null;
}

function CpuNote({ report, used }: { report: LimitsReport; used: number | null }) {
  const { kernel, configured } = report;
  const value =
    kernel && (kernel.cpuQuotaUs === null ? 'no limit' : `${kernel.cpuQuotaUs}/${kernel.cpuPeriodUs} µs`);
  const isHeldBack = used !== null && configured.cpus !== null && used > configured.cpus * 0.95;
  return (
    <Note report={report} value={value}>
      {isHeldBack && <span className="ml-3 text-warn-text">It would use more: it is being slowed down.</span>}
    </Note>
  );
}

/** What the kernel has, where the engine can read it. */
function Note({
  report,
  value,
  children,
}: {
  report: LimitsReport;
  value: string | null;
  children?: ReactNode;
}) {
  return (
    <>
      <span data-testid="kernel-note">
        {value !== null ? (
          <>
            kernel: <span className="font-mono">{value}</span>
          </>
        ) : report.running ? (
          'As the engine says; it does not tell the kernel’s own values.'
        ) : (
          'Not set in the kernel while it does not run.'
        )}
      </span>
      {children}
    </>
  );
}

const bytesOf = (bytes: number | null): string =>
  bytes === null ? 'no limit' : `${bytes} (${formatBytes(bytes)})`;

function parseCores(text: string): number | null {
  const match = /^\s*(\d+(?:[.,]\d+)?|[.,]\d+)\s*(?:cores?)?\s*$/i.exec(text);
  return match?.[1] ? Number(match[1].replace(',', '.')) : null;
}

const parseCount = (text: string): number | null => (/^\s*\d+\s*$/.test(text) ? Number(text) : null);
