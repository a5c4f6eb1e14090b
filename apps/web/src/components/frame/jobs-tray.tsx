'use client';
import type { Job } from '@berth/api/schemas';
import {
  Badge,
  Button,
  cx,
  ErrorNote,
  formatBytes,
  IconButton,
  Progress,
  RelativeTime,
  Sheet,
  toast,
} from '@berth/ui';
import { useMutation } from '@tanstack/react-query';
import { ChevronDown, ChevronRight, ListChecks, Trash2 } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { wordsOf } from '../../lib/errors.ts';
import { useJobs } from '../../lib/live.tsx';
import { useTRPC } from '../../lib/trpc.tsx';

/** Long actions: how far they are, their output, a way to stop them. On every page. */
export function JobsTray() {
  const jobs = useJobs();
  const [open, setOpen] = useState(false);
  const running = jobs.filter((job) => job.state === 'running').length;
  useEndToasts(jobs, () => setOpen(true));
  return (
    <>
      <span className="relative">
        <IconButton
          label={running > 0 ? `Jobs, ${running} running` : 'Jobs'}
          icon={ListChecks}
          onClick={() => setOpen(true)}
          data-testid="jobs-button"
        />
        {running > 0 && (
          <span
            aria-hidden
            className="pointer-events-none absolute -top-0.5 -right-0.5 flex h-4 min-w-4 items-center justify-center rounded-full bg-info-dot px-1 text-[10px] font-semibold text-grey-1"
          >
            {running}
          </span>
        )}
      </span>
      <Sheet open={open} onOpenChange={setOpen} title="Jobs">
        {jobs.length === 0 ? (
          <p className="px-4 py-10 text-center text-sm text-grey-10">
            Pulls and uploads show up here, with their progress and output.
          </p>
        ) : (
          <ul data-testid="jobs">
            {jobs.map((job) => (
              <JobEntry key={job.id} job={job} />
            ))}
          </ul>
        )}
      </Sheet>
    </>
  );
}

const states = {
  running: ['info', 'running'],
  succeeded: ['ok', 'done'],
  failed: ['bad', 'failed'],
  cancelled: ['idle', 'cancelled'],
} as const;

function JobEntry({ job }: { job: Job }) {
  const trpc = useTRPC();
  const cancel = useMutation(
    trpc.jobs.cancel.mutationOptions({ onError: (error) => toast.error(wordsOf(error)) }),
  );
  const forget = useMutation(
    trpc.jobs.remove.mutationOptions({ onError: (error) => toast.error(wordsOf(error)) }),
  );
  const [wide, setWide] = useState(job.state === 'failed');
  const running = job.state === 'running';
  const [tone, word] = states[job.state];
  const { current, total } = job.progress;
  return (
    <li className="border-b border-grey-5 px-4 py-3">
      <div className="flex items-start gap-2">
        <button
          type="button"
          aria-expanded={wide}
          onClick={() => setWide(!wide)}
          className="-ml-1 flex min-w-0 flex-1 items-start gap-1.5 rounded-md text-left"
        >
          {wide ? (
            <ChevronDown aria-hidden size={14} className="mt-[3px] shrink-0 text-grey-10" />
          ) : (
            <ChevronRight aria-hidden size={14} className="mt-[3px] shrink-0 text-grey-10" />
          )}
          <span className="min-w-0 text-sm font-medium break-all">{job.title}</span>
        </button>
        <Badge tone={tone}>{word}</Badge>
      </div>
      {running && (
        <Progress
          label={job.title}
          value={total ? current / total : null}
          className="mt-2.5 ml-[17px] w-auto"
        />
      )}
      <div className="mt-1.5 ml-[17px] flex min-h-7 items-center justify-between gap-2 text-xs text-grey-10">
        <span>
          {running ? (
            <>
              {formatBytes(current)}
              {total ? ` of ${formatBytes(total)}` : ''}
            </>
          ) : (
            <>
              {job.startedBy}, <RelativeTime at={job.endedAtMs ?? job.startedAtMs} />
            </>
          )}
        </span>
        {running ? (
          <Button size="sm" onClick={() => cancel.mutate({ jobId: job.id })} busy={cancel.isPending}>
            Cancel
          </Button>
        ) : (
          <IconButton
            size="sm"
            label={`Forget “${job.title}”`}
            icon={Trash2}
            onClick={() => forget.mutate({ jobId: job.id })}
          />
        )}
      </div>
      {wide && <JobDetail job={job} />}
    </li>
  );
}

function JobDetail({ job }: { job: Job }) {
  return (
    <div className="mt-2 ml-[17px] flex flex-col gap-2">
      {job.error && <ErrorNote error={job.error} />}
      {job.parts.length > 0 && (
        <ul className="flex flex-col gap-1.5">
          {job.parts.map((part) => (
            <li key={part.id} className="grid grid-cols-[92px_1fr_64px] items-center gap-2 text-xs">
              <span className="clip font-mono text-grey-11">{part.id}</span>
              {part.total ? (
                <Progress label={part.id} value={part.current / part.total} tone="idle" />
              ) : (
                <span className="clip text-grey-10">{part.status}</span>
              )}
              <span className="clip text-right text-grey-10">
                {part.total ? formatBytes(part.total) : ''}
              </span>
            </li>
          ))}
        </ul>
      )}
      {job.output.length > 0 && (
        <pre
          className={cx(
            'max-h-48 overflow-auto rounded-md bg-grey-3 p-2 text-xs whitespace-pre-wrap break-all text-grey-11',
          )}
        >
          {job.output.join('\n')}
        </pre>
      )}
    </div>
  );
}

/** Says once when a job that was seen running has ended. */
function useEndToasts(jobs: readonly Job[], onShow: () => void): void {
  const seen = useRef(new Set<string>());
  useEffect(() => {
    for (const job of jobs) {
      if (job.state === 'running') seen.current.add(job.id);
      else if (seen.current.delete(job.id)) announce(job, onShow);
    }
  }, [jobs, onShow]);
}

function announce(job: Job, onShow: () => void): void {
  const action = { label: 'Show', onClick: onShow };
  if (job.state === 'succeeded') toast.success(`${job.title}: done`);
  else if (job.state === 'failed')
    toast.error(`${job.title}: failed`, { description: job.error ?? undefined, action });
  else toast.info(`${job.title}: cancelled`);
}
