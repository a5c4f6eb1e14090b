'use client';
import { CreateVolumeInput } from '@berth/api/schemas';
import { Button, Command, Dialog, ErrorNote, Field, Input, toast } from '@berth/ui';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useEnvironment } from '../../lib/environment.tsx';
import { fieldsOf, wordsOf } from '../../lib/errors.ts';
import { useTRPC } from '../../lib/trpc.tsx';

const formId = 'create-volume';

export function CreateVolumeDialog({
  open,
  onOpenChange,
  onCreated,
}: {
  open: boolean;
  onOpenChange(open: boolean): void;
  onCreated(): void;
}) {
  const trpc = useTRPC();
  const environment = useEnvironment();
  const [name, setName] = useState('');
  const [wrong, setWrong] = useState<string | undefined>();
  const create = useMutation(
    trpc.volumes.create.mutationOptions({
      onSuccess: (volume) => {
        toast.success(`Created volume ${volume.name}`);
        onCreated();
        onOpenChange(false);
        setName('');
      },
      onError: (error) => setWrong(fieldsOf(error)[0]?.message),
    }),
  );
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const input = CreateVolumeInput.safeParse({ environment, name: name.trim() });
    setWrong(input.success ? undefined : input.error.issues[0]?.message);
    if (input.success) create.mutate(input.data);
  };
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title="Create volume"
      description="A place for files that outlives the containers that use it."
      footer={
        <>
          <Button onClick={() => onOpenChange(false)}>Cancel</Button>
          <Button type="submit" form={formId} kind="primary" busy={create.isPending}>
            Create volume
          </Button>
        </>
      }
    >
      <form id={formId} noValidate onSubmit={submit} className="flex flex-col gap-4">
        <Field label="Name" optional error={wrong} hint="The engine invents one when empty.">
          {(control) => (
            <Input
              {...control}
              mono
              autoFocus
              autoCapitalize="none"
              placeholder="data"
              value={name}
              onChange={(event) => setName(event.target.value)}
            />
          )}
        </Field>
        {create.error && fieldsOf(create.error).length === 0 && <ErrorNote error={wordsOf(create.error)} />}
        <Command>{`docker volume create ${name.trim()}`.trim()}</Command>
      </form>
    </Dialog>
  );
}
