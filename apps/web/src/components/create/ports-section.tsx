'use client';
import { Field, FieldSet, Input, Select } from '@berth/ui';
import { Controller, useFieldArray } from 'react-hook-form';
import { useContainers } from '../../lib/live.tsx';
import type { CreateForm } from './form.ts';
import { Rows } from './rows.tsx';

/** What was typed as a number; letters are left out as they are typed. */
function portValue(text: string): number | null {
  const digits = text.replace(/\D/g, '');
  return digits === '' ? null : Number(digits);
}

/** Published ports. A host port that a running container already has is said while typing. */
export function PortsSection({ form }: { form: CreateForm }) {
  const { fields, append, remove } = useFieldArray({ control: form.control, name: 'ports' });
  const { errors } = form.formState;
  const { rows } = useContainers();
  const taken = (hostPort: number | null | undefined, protocol: string | undefined): string | undefined => {
    if (!hostPort) return undefined;
    const owner = rows.find((row) =>
      row.ports.some((port) => port.hostPort === hostPort && port.protocol === (protocol ?? 'tcp')),
    );
    return owner && `${owner.name} already has this port.`;
  };
  const values = form.watch('ports') ?? [];
  return (
    <FieldSet title="Ports" hint="Leave the host port empty to get a free one.">
      <Rows
        headings={['Host address', 'Host port', 'Container port', 'Protocol']}
        template="minmax(0, 1.2fr) minmax(0, 1fr) minmax(0, 1fr) 88px"
        add="Add port"
        onAdd={() => append({ hostIp: '', hostPort: null, containerPort: Number.NaN, protocol: 'tcp' })}
        onRemove={remove}
        rows={fields.map((field, index) => {
          const wrong = errors.ports?.[index];
          const note = taken(values[index]?.hostPort, values[index]?.protocol);
          return {
            key: field.id,
            name: `port ${index + 1}`,
            cells: (
              <>
                <Field label={`Host address of port ${index + 1}`} labelHidden error={wrong?.hostIp?.message}>
                  {(control) => (
                    <Input
                      {...control}
                      {...form.register(`ports.${index}.hostIp`)}
                      mono
                      placeholder="all addresses"
                    />
                  )}
                </Field>
                <Field
                  label={`Host port ${index + 1}`}
                  labelHidden
                  error={wrong?.hostPort?.message}
                  hint={note && <span className="text-warn-text">{note}</span>}
                >
                  {(control) => (
                    <Controller
                      control={form.control}
                      name={`ports.${index}.hostPort`}
                      render={({ field: own }) => (
                        <Input
                          {...control}
                          ref={own.ref}
                          inputMode="numeric"
                          mono
                          placeholder="free port"
                          value={own.value ?? ''}
                          onBlur={own.onBlur}
                          onChange={(event) => own.onChange(portValue(event.target.value))}
                        />
                      )}
                    />
                  )}
                </Field>
                <Field
                  label={`Container port ${index + 1}`}
                  labelHidden
                  error={wrong?.containerPort?.message}
                >
                  {(control) => (
                    <Controller
                      control={form.control}
                      name={`ports.${index}.containerPort`}
                      render={({ field: own }) => (
                        <Input
                          {...control}
                          ref={own.ref}
                          inputMode="numeric"
                          mono
                          placeholder="80"
                          value={Number.isNaN(own.value) ? '' : own.value}
                          onBlur={own.onBlur}
                          onChange={(event) => own.onChange(portValue(event.target.value) ?? Number.NaN)}
                        />
                      )}
                    />
                  )}
                </Field>
                <Controller
                  control={form.control}
                  name={`ports.${index}.protocol`}
                  render={({ field: protocol }) => (
                    <Select
                      label={`Protocol of port ${index + 1}`}
                      value={protocol.value ?? 'tcp'}
                      onChange={protocol.onChange}
                      options={[
                        { value: 'tcp', label: 'TCP' },
                        { value: 'udp', label: 'UDP' },
                      ]}
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
