'use client';
import { Dialog } from '@berth/ui';
import { SignInForm } from './sign-in-form.tsx';

/** Over the page when the session has ended: nothing typed is lost. */
export function SignInAgain({ open, login, onDone }: { open: boolean; login: string; onDone(): void }) {
  return (
    <Dialog
      open={open}
      onOpenChange={() => undefined}
      role="alertdialog"
      title="Your session has ended"
      description="Sign in to go on. What you typed on the page stays."
    >
      <SignInForm login={login} onDone={onDone} />
    </Dialog>
  );
}
