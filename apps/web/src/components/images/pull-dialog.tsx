'use client';
import { PullInput } from '@berth/api/schemas';
import { Button, Command, Dialog, ErrorNote, Field, Input, toast } from '@berth/ui';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useEffect, useState } from 'react';
import { useEnvironment } from '../../lib/environment.tsx';
import { fieldsOf, wordsOf } from '../../lib/errors.ts';
import { useTRPC } from '../../lib/trpc.tsx';

const formId = 'pull-image';

/** Starts a pull as a job; its progress is in the tray, also after leaving the page. */
export function PullDialog({
  open,
  onOpenChange,
  initial,
}: {
  open: boolean;
  onOpenChange(open: boolean): void;
  initial: string;
}) {
  const trpc = useTRPC();
  const environment = useEnvironment();
  const [reference, setReference] = useState(initial);
  const [wrong, setWrong] = useState<string | undefined>();
  const pull = useMutation(
    trpc.images.pull.mutationOptions({
      onSuccess: () => {
        toast.info(`Pulling ${reference.trim()}`, { description: 'Its progress is under Jobs, top right.' });
        onOpenChange(false);
      },
      onError: (error) => setWrong(fieldsOf(error)[0]?.message),
    }),
  );
  useEffect(() => {
    if (open) setWrong(undefined);
  }, [open]);

  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const input = PullInput.safeParse({ environment, reference });
    setWrong(input.success ? undefined : input.error.issues[0]?.message);
    if (input.success) pull.mutate(input.data);
  };
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title="Pull image"
      description="Downloads an image from its registry. Without a host name that is Docker Hub."
      footer={
        <>
          <Button onClick={() => onOpenChange(false)}>Cancel</Button>
          <Button type="submit" form={formId} kind="primary" busy={pull.isPending}>
            Pull image
          </Button>
        </>
      }
    >
      <form id={formId} noValidate onSubmit={submit} className="flex flex-col gap-4">
        <Field label="Reference" error={wrong} hint="[registry/]name[:tag]; without a tag it is latest.">
          {(control) => (
            <Input
              {...control}
              mono
              autoFocus
              autoCapitalize="none"
              placeholder="nginx:1.29"
              value={reference}
              onChange={(event) => setReference(event.target.value)}
            />
          )}
        </Field>
        {pull.error && fieldsOf(pull.error).length === 0 && <ErrorNote error={wordsOf(pull.error)} />}
        <Command>{`docker pull ${reference.trim() || 'nginx:1.29'}`}</Command>
      </form>
    </Dialog>
  );
}
