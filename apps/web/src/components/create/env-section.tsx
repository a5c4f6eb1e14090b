'use client';
import { Field, FieldSet, Input, toast } from '@berth/ui';
import type { ClipboardEvent } from 'react';
import { useFieldArray } from 'react-hook-form';
import { parseEnvBlock } from '../../lib/env-block.ts';
import type { CreateForm } from './form.ts';
import { Rows } from './rows.tsx';

/** Environment variables as rows; a pasted block of `NAME=value` lines becomes rows. */
export function EnvSection({ form }: { form: CreateForm }) {
  const { fields, append, remove } = useFieldArray({ control: form.control, name: 'env' });
  const { errors } = form.formState;
  const onPaste = (index: number) => (event: ClipboardEvent<HTMLInputElement>) => {
    const block = parseEnvBlock(event.clipboardData.getData('text/plain'));
    if (!block) return;
    event.preventDefault();
    const row = form.getValues(`env.${index}`);
    if (!row?.name && !row?.value) remove(index);
    append(block);
    toast.success(`${block.length} variables pasted`);
  };
  return (
    <FieldSet title="Environment" hint="Paste a block of NAME=value lines into a name to get a row for each.">
      <Rows
        headings={['Name', 'Value']}
        template="minmax(0, 2fr) minmax(0, 3fr)"
        add="Add variable"
        onAdd={() => append({ name: '', value: '' })}
        onRemove={remove}
        rows={fields.map((field, index) => ({
          key: field.id,
          name: `variable ${index + 1}`,
          cells: (
            <>
              <Field
                label={`Name of variable ${index + 1}`}
                labelHidden
                error={errors.env?.[index]?.name?.message}
              >
                {(control) => (
                  <Input
                    {...control}
                    {...form.register(`env.${index}.name`)}
                    mono
                    placeholder="NAME"
                    autoCapitalize="none"
                    onPaste={onPaste(index)}
                  />
                )}
              </Field>
              <Field
                label={`Value of variable ${index + 1}`}
                labelHidden
                error={errors.env?.[index]?.value?.message}
              >
                {(control) => (
                  <Input {...control} {...form.register(`env.${index}.value`)} mono placeholder="value" />
                )}
              </Field>
            </>
          ),
        }))}
      />
    </FieldSet>
  );
}
