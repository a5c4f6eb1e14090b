'use client';
import { afterSignIn, leaveTo, useVisitor } from '../../lib/visitor.ts';
import { AuthPage } from './auth-card.tsx';
import { SignInForm } from './sign-in-form.tsx';
import { Unreachable } from './unreachable.tsx';

export function LoginPage() {
  const visitor = useVisitor('login');
  if (visitor.error) return <Unreachable error={visitor.error} onRetry={visitor.retry} />;
  if (!visitor.ready) return null;
  return (
    <AuthPage title="Sign in">
      <SignInForm onDone={() => leaveTo(afterSignIn())} />
    </AuthPage>
  );
}
