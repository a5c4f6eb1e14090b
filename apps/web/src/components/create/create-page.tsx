'use client';
import { Button, Checkbox, Command, ErrorNote, formatBytes, Progress } from '@berth/ui';
import { zodResolver } from '@hookform/resolvers/zod';
import Link from 'next/link';
import { useSearchParams } from 'next/navigation';
import { useState } from 'react';
import { Controller, useForm } from 'react-hook-form';
import { dockerRun } from '../../lib/docker-run.ts';
import { wordsOf } from '../../lib/errors.ts';
import { PageHeader } from '../page.tsx';
import { EnvSection } from './env-section.tsx';
import { CreateContainerForm, type CreateForm, emptyForm } from './form.ts';
import { ImageSection, LifeSection, ProcessSection } from './general-section.tsx';
import { LimitsSection } from './limits-section.tsx';
import { PortsSection } from './ports-section.tsx';
import { type CreateState, useCreate, useImageHere } from './use-create.ts';
import { VolumesSection } from './volumes-section.tsx';

/** Makes a container. Beside the form stands the command that does the same. */
export function CreatePage() {
  const image = useSearchParams().get('image') ?? '';
  const form: CreateForm = useForm({
    resolver: zodResolver(CreateContainerForm),
    defaultValues: { ...emptyForm, image },
  });
  const [pull, setPull] = useState(true);
  const here = useImageHere(form.watch('image'));
  const create = useCreate(form, { pull, here });
  return (
    <>
      <PageHeader title="Create container" />
      <form
        noValidate
        aria-label="Create container"
        onSubmit={form.handleSubmit(create.submit)}
        className="flex min-h-0 flex-1 flex-col border-t border-grey-5"
      >
        <div className="min-h-0 flex-1 overflow-y-auto">
          <div className="grid gap-x-10 px-4 lg:grid-cols-[minmax(0,760px)_minmax(280px,1fr)]">
            <div className="py-6">
              <ImageSection form={form} pull={pull} onPull={setPull} here={here} />
              <ProcessSection form={form} />
              <PortsSection form={form} />
              <EnvSection form={form} />
              <VolumesSection form={form} />
              <LimitsSection form={form} />
              <LifeSection form={form} />
            </div>
            <Preview form={form} />
          </div>
        </div>
        <Footer form={form} create={create} />
      </form>
    </>
  );
}

function Preview({ form }: { form: CreateForm }) {
  return (
    <aside aria-label="The same in a shell" className="max-w-190 border-t border-grey-5 py-6 lg:border-t-0">
      <div className="lg:sticky lg:top-6">
        <h2 className="mb-2 text-sm font-medium">The same in a shell</h2>
        <Command className="min-h-20">{dockerRun(form.watch())}</Command>
      </div>
    </aside>
  );
}

function Footer({ form, create }: { form: CreateForm; create: CreateState }) {
  const start = form.watch('start');
  const { pulling, error, busy } = create;
  return (
    <div className="grid shrink-0 gap-x-10 border-t border-grey-5 bg-grey-1 px-4 py-3 lg:grid-cols-[minmax(0,760px)_minmax(280px,1fr)]">
      <div className="flex min-w-0 flex-col gap-3">
        {error ? <ErrorNote title="The container was not created" error={wordsOf(error)} /> : null}
        {pulling && (
          <div role="status" className="flex flex-col gap-1.5 text-sm">
            <span className="flex justify-between gap-3">
              <span className="clip">{pulling.title}</span>
              <span className="shrink-0 text-grey-10">
                {formatBytes(pulling.progress.current)}
                {pulling.progress.total ? ` of ${formatBytes(pulling.progress.total)}` : ''}
              </span>
            </span>
            <Progress
              label={pulling.title}
              value={pulling.progress.total ? pulling.progress.current / pulling.progress.total : null}
            />
          </div>
        )}
        <div className="flex flex-wrap items-center gap-3">
          <Controller
            control={form.control}
            name="start"
            render={({ field }) => (
              <Checkbox
                label="Start it at once"
                className="mr-auto"
                checked={field.value ?? true}
                onChange={field.onChange}
              />
            )}
          />
          <Button asChild>
            <Link href="/containers">Cancel</Link>
          </Button>
          <Button type="submit" kind="primary" busy={busy}>
            {start ? 'Create and start' : 'Create container'}
          </Button>
        </div>
      </div>
    </div>
  );
}
