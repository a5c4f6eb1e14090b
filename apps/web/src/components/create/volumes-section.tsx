'use client';
import { Checkbox, Combobox, Field, FieldSet, Input, Select } from '@berth/ui';
import { useQuery } from '@tanstack/react-query';
import { Controller, useFieldArray } from 'react-hook-form';
import { useEnvironment } from '../../lib/environment.tsx';
import { useTRPC } from '../../lib/trpc.tsx';
import type { CreateForm } from './form.ts';
import { Rows } from './rows.tsx';

const kinds = [
  { value: 'volume', label: 'Volume', hint: 'Kept by the engine, outlives the container' },
  { value: 'bind', label: 'Host path', hint: 'A directory or file of the host' },
  { value: 'tmpfs', label: 'Memory', hint: 'Lost when the container stops' },
] as const;

/** Volumes, host paths and memory file systems. */
export function VolumesSection({ form }: { form: CreateForm }) {
  const { fields, append, remove } = useFieldArray({ control: form.control, name: 'volumes' });
  const { errors } = form.formState;
  const trpc = useTRPC();
  const environment = useEnvironment();
  const volumes = useQuery(trpc.volumes.list.queryOptions({ environment }));
  const names = (volumes.data ?? []).filter((each) => !each.anonymous).map((each) => ({ value: each.name }));
  const values = form.watch('volumes') ?? [];
  return (
    <FieldSet title="Files" hint="What is written elsewhere in the container is lost when it is removed.">
      <Rows
        headings={['Kind', 'From', 'Path in the container', 'Access']}
        template="112px minmax(0, 1fr) minmax(0, 1fr) 88px"
        add="Add volume or path"
        onAdd={() => append({ kind: 'volume', source: '', target: '', readOnly: false })}
        onRemove={remove}
        rows={fields.map((field, index) => {
          const kind = values[index]?.kind ?? 'volume';
          return {
            key: field.id,
            name: `mount ${index + 1}`,
            cells: (
              <>
                <Controller
                  control={form.control}
                  name={`volumes.${index}.kind`}
                  render={({ field: chosen }) => (
                    <Select
                      label={`Kind of mount ${index + 1}`}
                      value={chosen.value ?? 'volume'}
                      onChange={chosen.onChange}
                      options={kinds}
                    />
                  )}
                />
                <Field
                  label={`Source of mount ${index + 1}`}
                  labelHidden
                  error={errors.volumes?.[index]?.source?.message}
                >
                  {(control) => (
                    <Controller
                      control={form.control}
                      name={`volumes.${index}.source`}
                      render={({ field: source }) =>
                        kind === 'tmpfs' ? (
                          <Input {...control} disabled value="" readOnly placeholder="—" />
                        ) : (
                          <Combobox
                            {...control}
                            ref={source.ref}
                            mono
                            value={source.value ?? ''}
                            onChange={source.onChange}
                            onBlur={source.onBlur}
                            suggestions={kind === 'volume' ? names : []}
                            placeholder={kind === 'volume' ? 'name, or empty' : '/path/on/host'}
                          />
                        )
                      }
                    />
                  )}
                </Field>
                <Field
                  label={`Target of mount ${index + 1}`}
                  labelHidden
                  error={errors.volumes?.[index]?.target?.message}
                >
                  {(control) => (
                    <Input
                      {...control}
                      {...form.register(`volumes.${index}.target`)}
                      mono
                      placeholder="/data"
                    />
                  )}
                </Field>
                <Controller
                  control={form.control}
                  name={`volumes.${index}.readOnly`}
                  render={({ field: readOnly }) => (
                    <Checkbox
                      label="Read only"
                      className="h-8 items-center"
                      checked={readOnly.value ?? false}
                      onChange={readOnly.onChange}
                    />
                  )}
                />
              </>
            ),
          };
        })}
      />
    </FieldSet>
  );
}
