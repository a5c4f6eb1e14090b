'use client';
import { ChangePasswordInput } from '@berth/api/schemas';
import { Button, ErrorNote, Field, FieldSet, PasswordInput, RelativeTime, toast } from '@berth/ui';
import { zodResolver } from '@hookform/resolvers/zod';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useForm } from 'react-hook-form';
import { fieldsOf, wordsOf } from '../../lib/errors.ts';
import { applyServerFields } from '../../lib/forms.ts';
import { useUser } from '../../lib/session.tsx';
import { useTRPC } from '../../lib/trpc.tsx';

/** Who is signed in, and the password. */
export function AccountSettings() {
  const user = useUser();
  const trpc = useTRPC();
  const session = useQuery(trpc.session.current.queryOptions());
  return (
    <>
      <FieldSet title="Account">
        <dl className="grid grid-cols-[120px_1fr] gap-y-2 text-sm">
          <dt className="text-grey-10">User name</dt>
          <dd className="break-all">{user.username}</dd>
          <dt className="text-grey-10">E-mail</dt>
          <dd className="break-all">{user.email ?? '—'}</dd>
          <dt className="text-grey-10">Role</dt>
          <dd>Administrator</dd>
          <dt className="text-grey-10">Session ends</dt>
          <dd>
            <RelativeTime at={session.data?.sessionExpiresAtMs} />
          </dd>
        </dl>
      </FieldSet>
      <FieldSet title="Password" hint="Changing it ends your sessions in other browsers.">
        <PasswordForm />
      </FieldSet>
    </>
  );
}

function PasswordForm() {
  const trpc = useTRPC();
  const form = useForm({
    resolver: zodResolver(ChangePasswordInput),
    defaultValues: { currentPassword: '', newPassword: '' },
  });
  const change = useMutation(
    trpc.session.changePassword.mutationOptions({
      onSuccess: () => {
        toast.success('Password changed');
        form.reset();
      },
      onError: (error) => void applyServerFields(form, error),
    }),
  );
  const { errors } = form.formState;
  return (
    <form
      noValidate
      aria-label="Change password"
      className="flex max-w-85 flex-col gap-4"
      onSubmit={form.handleSubmit((values) => change.mutate(values))}
    >
      <Field label="Present password" error={errors.currentPassword?.message}>
        {(control) => (
          <PasswordInput {...control} {...form.register('currentPassword')} autoComplete="current-password" />
        )}
      </Field>
      <Field label="New password" error={errors.newPassword?.message} hint="At least 10 characters.">
        {(control) => (
          <PasswordInput {...control} {...form.register('newPassword')} autoComplete="new-password" />
        )}
      </Field>
      {change.error && fieldsOf(change.error).length === 0 && <ErrorNote error={wordsOf(change.error)} />}
      <Button type="submit" kind="primary" busy={change.isPending} className="self-start">
        Change password
      </Button>
    </form>
  );
}
