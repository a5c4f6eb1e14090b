'use client';
import { SignInInput } from '@berth/api/schemas';
import { Button, ErrorNote, Field, Input, PasswordInput } from '@berth/ui';
import { zodResolver } from '@hookform/resolvers/zod';
import { useMutation } from '@tanstack/react-query';
import { useForm } from 'react-hook-form';
import { wordsOf } from '../../lib/errors.ts';
import { applyServerFields } from '../../lib/forms.ts';
import { useTRPC } from '../../lib/trpc.tsx';

/** User name and password. */
export function SignInForm({ login = '', onDone }: { login?: string; onDone(): void }) {
  const trpc = useTRPC();
  const form = useForm({ resolver: zodResolver(SignInInput), defaultValues: { login, password: '' } });
  const signIn = useMutation(
    trpc.session.signIn.mutationOptions({
      onSuccess: onDone,
      onError: (error) => {
        applyServerFields(form, error);
        form.resetField('password');
        form.setFocus('password');
      },
    }),
  );
  const { errors } = form.formState;
  return (
    <form
      noValidate
      className="flex flex-col gap-4"
      onSubmit={form.handleSubmit((values) => signIn.mutate(values))}
      aria-label="Sign in"
    >
      <Field label="User name or e-mail" error={errors.login?.message}>
        {(control) => (
          <Input
            {...control}
            {...form.register('login')}
            autoComplete="username"
            autoCapitalize="none"
            autoFocus={login === ''}
            className="h-9"
          />
        )}
      </Field>
      <Field label="Password" error={errors.password?.message}>
        {(control) => (
          <PasswordInput
            {...control}
            {...form.register('password')}
            autoComplete="current-password"
            autoFocus={login !== ''}
            className="h-9"
          />
        )}
      </Field>
      {signIn.error && <ErrorNote error={wordsOf(signIn.error)} />}
      <Button type="submit" kind="primary" size="lg" busy={signIn.isPending || signIn.isSuccess}>
        Sign in
      </Button>
    </form>
  );
}
