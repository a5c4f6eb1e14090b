'use client';
import { ErrorNote } from '@berth/ui';
import { AuthPage } from '../../components/auth/auth-card.tsx';

/** A mistake of the console itself: say so, let it be copied, let it be tried again. */
export default function PageError({ error, reset }: { error: Error; reset(): void }) {
  return (
    <AuthPage
      title="This page broke"
      lead="That is a mistake of the console. The engine and its containers are not affected."
    >
      <ErrorNote error={`${error.message}\n${error.stack ?? ''}`.slice(0, 600)} onRetry={reset} />
    </AuthPage>
  );
}
