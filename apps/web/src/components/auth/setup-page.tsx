'use client';
import { CreateAdminInput } from '@berth/api/schemas';
import { Button, ErrorNote, Field, Input, PasswordInput } from '@berth/ui';
import { zodResolver } from '@hookform/resolvers/zod';
import { useMutation } from '@tanstack/react-query';
import { useForm } from 'react-hook-form';
import { fieldsOf, wordsOf } from '../../lib/errors.ts';
import { applyServerFields } from '../../lib/forms.ts';
import { useTRPC } from '../../lib/trpc.tsx';
import { leaveTo, useVisitor } from '../../lib/visitor.ts';
import { AuthPage } from './auth-card.tsx';
import { Unreachable } from './unreachable.tsx';

export function SetupPage() {
  const visitor = useVisitor('setup');
  if (visitor.error) return <Unreachable error={visitor.error} onRetry={visitor.retry} />;
  if (!visitor.ready) return null;
  return (
    <AuthPage
      title="Create the administrator"
      lead="Nobody has an account here yet. The set-up code proves that this machine is yours."
    >
      <SetupForm />
    </AuthPage>
  );
}

function SetupForm() {
  const trpc = useTRPC();
  const form = useForm({
    resolver: zodResolver(CreateAdminInput),
    defaultValues: { code: '', username: '', email: '', password: '' },
  });
  const create = useMutation(
    trpc.setup.createAdmin.mutationOptions({
      onSuccess: () => leaveTo('/'),
      onError: (error) => void applyServerFields(form, error),
    }),
  );
  const { errors } = form.formState;
  return (
    <form
      noValidate
      aria-label="Create the administrator"
      className="flex flex-col gap-4"
      onSubmit={form.handleSubmit((values) => create.mutate(values))}
    >
      <Field
        label="Set-up code"
        error={errors.code?.message}
        hint="Printed by the server when it started, in its terminal or log."
      >
        {(control) => (
          <Input
            {...control}
            {...form.register('code')}
            mono
            autoFocus
            autoCapitalize="none"
            className="h-9"
          />
        )}
      </Field>
      <Field label="User name" error={errors.username?.message}>
        {(control) => (
          <Input
            {...control}
            {...form.register('username')}
            autoComplete="username"
            autoCapitalize="none"
            className="h-9"
          />
        )}
      </Field>
      <Field label="E-mail" optional error={errors.email?.message}>
        {(control) => (
          <Input {...control} {...form.register('email')} type="email" autoComplete="email" className="h-9" />
        )}
      </Field>
      <Field
        label="Password"
        error={errors.password?.message}
        hint="At least 10 characters. Length is what counts."
      >
        {(control) => (
          <PasswordInput
            {...control}
            {...form.register('password')}
            autoComplete="new-password"
            className="h-9"
          />
        )}
      </Field>
      {create.error && fieldsOf(create.error).length === 0 && <ErrorNote error={wordsOf(create.error)} />}
      <Button type="submit" kind="primary" size="lg" busy={create.isPending || create.isSuccess}>
        Create administrator
      </Button>
    </form>
  );
}
