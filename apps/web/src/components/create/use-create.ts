'use client';
import type { CreateContainerForm, Job } from '@berth/api/schemas';
import { toast } from '@berth/ui';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { useEffect, useRef, useState } from 'react';
import { useEnvironment } from '../../lib/environment.tsx';
import { fieldsOf, reasonOf } from '../../lib/errors.ts';
import { applyServerFields } from '../../lib/forms.ts';
import { useJobs } from '../../lib/live.tsx';
import { useTRPC, useTRPCClient } from '../../lib/trpc.tsx';
import type { CreateForm } from './form.ts';

/** `busybox` and `busybox:latest` are the same image. */
const withTag = (reference: string): string =>
  /[:@]/.test(reference.slice(reference.lastIndexOf('/') + 1)) ? reference : `${reference}:latest`;

/** Whether a typed image is on the host; null while the list is not there. */
export function useImageHere(reference: string): boolean | null {
  const trpc = useTRPC();
  const environment = useEnvironment();
  const images = useQuery(trpc.images.list.queryOptions({ environment }));
  if (!images.data) return null;
  const wanted = reference.trim();
  return images.data.some(
    (image) =>
      image.tags.includes(withTag(wanted)) ||
      image.digests.includes(wanted) ||
      (wanted.length >= 4 && image.id.replace('sha256:', '').startsWith(wanted.replace('sha256:', ''))),
  );
}

export interface CreateState {
  submit(values: CreateContainerForm): Promise<void>;
  busy: boolean;
  /** The pull that comes first. */
  pulling: Job | undefined;
  error: unknown;
}

/** Pulls the image when it is missing and wanted, then makes (and starts) the container and goes to its page. */
export function useCreate(form: CreateForm, options: { pull: boolean; here: boolean | null }): CreateState {
  const api = useTRPCClient();
  const trpc = useTRPC();
  const queries = useQueryClient();
  const router = useRouter();
  const environment = useEnvironment();
  const jobs = useJobs();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const [jobId, setJobId] = useState<string | null>(null);
  const waiting = useRef<{ resolve(job: Job): void } | null>(null);
  const pulling = jobs.find((job) => job.id === jobId);

  useEffect(() => {
    if (!pulling || pulling.state === 'running') return;
    waiting.current?.resolve(pulling);
    waiting.current = null;
  }, [pulling]);

  const pullImage = async (reference: string): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<Job>();
    waiting.current = { resolve };
    const started = await api.images.pull.mutate({ environment, reference });
    setJobId(started.jobId);
    const job = await promise;
    await queries.invalidateQueries({ queryKey: trpc.images.list.queryKey() });
    if (job.state === 'cancelled') throw new Error('The pull was cancelled.');
    if (job.state === 'failed') throw new Error(job.error ?? 'The image could not be pulled.');
  };

  const submit = async (values: CreateContainerForm): Promise<void> => {
    setBusy(true);
    setError(null);
    try {
      if (options.pull && options.here === false) await pullImage(withTag(values.image));
      const made = await api.containers.create.mutate({ ...values, environment });
      for (const warning of made.warnings) toast.info(warning);
      if (made.startError) toast.error('Created, but it did not start', { description: made.startError });
      router.push(`/containers/${made.id}`);
    } catch (reason) {
      const rest = applyServerFields(form, reason);
      // A lost session is asked for on top of the page; then the button can be pressed again.
      const told = reasonOf(reason) === 'signed-out';
      if (!told && (fieldsOf(reason).length === 0 || rest.length > 0)) setError(reason);
      setBusy(false);
      setJobId(null);
    }
  };

  return { submit, busy, pulling: pulling?.state === 'running' ? pulling : undefined, error };
}
