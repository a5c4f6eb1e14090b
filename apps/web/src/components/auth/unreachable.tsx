'use client';
import { ErrorNote } from '@berth/ui';
import { wordsOf } from '../../lib/errors.ts';
import { AuthPage } from './auth-card.tsx';

/** The pages came but the API did not answer. */
export function Unreachable({ error, onRetry }: { error: unknown; onRetry(): void }) {
  return (
    <AuthPage title="The console does not answer">
      <ErrorNote error={wordsOf(error)} onRetry={onRetry} />
    </AuthPage>
  );
}
