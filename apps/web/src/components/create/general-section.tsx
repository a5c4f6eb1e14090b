'use client';
import { Checkbox, Combobox, Field, FieldSet, formatBytes, Input, Select } from '@berth/ui';
import { useQuery } from '@tanstack/react-query';
import { ChevronRight } from 'lucide-react';
import { Controller } from 'react-hook-form';
import { useEnvironment } from '../../lib/environment.tsx';
import { useTRPC } from '../../lib/trpc.tsx';
import type { CreateForm } from './form.ts';

/** Image and name: the two things most people give. */
export function ImageSection({
  form,
  pull,
  onPull,
  here,
}: {
  form: CreateForm;
  pull: boolean;
  onPull(pull: boolean): void;
  /** Whether the typed image is on the host; null while not known. */
  here: boolean | null;
}) {
  const trpc = useTRPC();
  const environment = useEnvironment();
  const images = useQuery(trpc.images.list.queryOptions({ environment }));
  const suggestions = (images.data ?? []).flatMap((image) =>
    image.tags.map((tag) => ({ value: tag, detail: formatBytes(image.sizeBytes) })),
  );
  const { errors } = form.formState;
  const typed = form.watch('image').trim() !== '';
  return (
    <FieldSet title="What to run">
      <div className="grid gap-4 sm:grid-cols-[3fr_2fr]">
        <Field
          label="Image"
          error={errors.image?.message}
          hint={
            typed && here !== null
              ? here
                ? 'On this host.'
                : pull
                  ? 'Not on this host: it is pulled first.'
                  : 'Not on this host.'
              : 'Name and tag; images of this host are suggested.'
          }
        >
          {(control) => (
            <Controller
              control={form.control}
              name="image"
              render={({ field }) => (
                <Combobox
                  {...control}
                  ref={field.ref}
                  mono
                  autoFocus
                  value={field.value}
                  onChange={field.onChange}
                  onBlur={field.onBlur}
                  suggestions={suggestions}
                  placeholder="busybox:latest"
                />
              )}
            />
          )}
        </Field>
        <Field label="Name" optional error={errors.name?.message} hint="The engine invents one when empty.">
          {(control) => (
            <Input {...control} {...form.register('name')} mono autoCapitalize="none" placeholder="web" />
          )}
        </Field>
      </div>
      <Checkbox className="mt-3" label="Pull the image if it is missing" checked={pull} onChange={onPull} />
    </FieldSet>
  );
}

/** What runs, as whom and where. */
export function ProcessSection({ form }: { form: CreateForm }) {
  const { errors } = form.formState;
  const wrong = Boolean(errors.entrypoint || errors.workingDir || errors.user || errors.hostname);
  return (
    <FieldSet title="Process" hint="Empty fields take what the image says.">
      <Field label="Command" optional error={errors.command?.message}>
        {(control) => (
          <Input
            {...control}
            {...form.register('command')}
            mono
            placeholder="sh -c 'while :; do date; sleep 1; done'"
          />
        )}
      </Field>
      <div className="mt-4 flex flex-col gap-2.5">
        <Controller
          control={form.control}
          name="tty"
          render={({ field }) => (
            <Checkbox
              label="Terminal (-t)"
              hint="Programs that draw on a screen, and shells."
              checked={field.value ?? false}
              onChange={field.onChange}
            />
          )}
        />
        <Controller
          control={form.control}
          name="openStdin"
          render={({ field }) => (
            <Checkbox
              label="Keep standard input open (-i)"
              hint="A shell ends at once without it."
              checked={field.value ?? false}
              onChange={field.onChange}
            />
          )}
        />
      </div>
      <details open={wrong || undefined} className="group/more mt-4">
        <summary className="flex w-fit list-none items-center gap-1.5 rounded-sm text-sm text-grey-11 hover:text-grey-12">
          <ChevronRight aria-hidden size={14} className="transition-transform group-open/more:rotate-90" />
          Entry point, working directory, user, host name
        </summary>
        <div className="mt-3 grid gap-4 sm:grid-cols-2">
          <Field label="Entry point" optional error={errors.entrypoint?.message}>
            {(control) => <Input {...control} {...form.register('entrypoint')} mono />}
          </Field>
          <Field label="Working directory" optional error={errors.workingDir?.message}>
            {(control) => <Input {...control} {...form.register('workingDir')} mono placeholder="/app" />}
          </Field>
          <Field label="User" optional error={errors.user?.message}>
            {(control) => <Input {...control} {...form.register('user')} mono placeholder="1000:1000" />}
          </Field>
          <Field label="Host name" optional error={errors.hostname?.message}>
            {(control) => <Input {...control} {...form.register('hostname')} mono />}
          </Field>
        </div>
      </details>
    </FieldSet>
  );
}

const policies = [
  { value: 'no', label: 'Never' },
  { value: 'on-failure', label: 'On failure', hint: 'When it exits with another code than 0' },
  {
    value: 'unless-stopped',
    label: 'Unless stopped',
    hint: 'Also after the engine starts, unless it was stopped',
  },
  { value: 'always', label: 'Always', hint: 'Also after the engine starts' },
] as const;

/** Restart policy, network, clean-up. */
export function LifeSection({ form }: { form: CreateForm }) {
  const trpc = useTRPC();
  const environment = useEnvironment();
  const networks = useQuery(trpc.networks.list.queryOptions({ environment }));
  const policy = form.watch('restartPolicy.name');
  const { errors } = form.formState;
  const names = (networks.data ?? []).map((network) => ({
    value: network.name,
    label: network.name,
    hint: network.driver,
  }));
  return (
    <FieldSet title="Life and network">
      <div className="grid gap-4 sm:grid-cols-2">
        <Field label="Restart" error={errors.restartPolicy?.name?.message}>
          {(control) => (
            <Controller
              control={form.control}
              name="restartPolicy.name"
              render={({ field }) => (
                <Select {...control} value={field.value} onChange={field.onChange} options={policies} />
              )}
            />
          )}
        </Field>
        <Field label="Network" error={errors.network?.message}>
          {(control) => (
            <Controller
              control={form.control}
              name="network"
              render={({ field }) => (
                <Select
                  {...control}
                  value={field.value || 'default'}
                  onChange={(value) => field.onChange(value === 'default' ? '' : value)}
                  options={[
                    { value: 'default', label: 'Default bridge' },
                    ...names.filter((each) => each.value !== 'bridge'),
                  ]}
                />
              )}
            />
          )}
        </Field>
        {policy === 'on-failure' && (
          <Field
            label="At most"
            error={errors.restartPolicy?.maximumRetryCount?.message}
            hint="0 tries for ever."
          >
            {(control) => (
              <Input
                {...control}
                {...form.register('restartPolicy.maximumRetryCount', { valueAsNumber: true })}
                inputMode="numeric"
                unit="restarts"
              />
            )}
          </Field>
        )}
      </div>
      <Controller
        control={form.control}
        name="autoRemove"
        render={({ field }) => (
          <Checkbox
            className="mt-4"
            label="Remove it when it ends (--rm)"
            hint={policy === 'no' ? undefined : 'Cannot go together with a restart policy.'}
            disabled={policy !== 'no'}
            checked={(field.value ?? false) && policy === 'no'}
            onChange={field.onChange}
          />
        )}
      />
    </FieldSet>
  );
}
