'use client';
import { type ReactNode, useEffect, useState } from 'react';
import { Button } from './button.tsx';
import { Dialog } from './dialog.tsx';
import { ErrorNote } from './error-note.tsx';
import { Field } from './field.tsx';
import { Input } from './input.tsx';

export interface ConfirmDialogProps {
  open: boolean;
  onOpenChange(open: boolean): void;
  /** The question with the object's name: "Remove web?" */
  title: ReactNode;
  /** What it does, then the way back: "Removes the container and its writable layer. Volumes stay." */
  effect: ReactNode;
  /** Verb and object on the button: "Remove container". */
  action: string;
  danger?: boolean | undefined;
  /** Data will be lost: this must be typed first. */
  typedName?: string | undefined;
  /** Choices, all off by default. */
  children?: ReactNode | undefined;
  /** Closes the dialog when it succeeds; what it throws is shown inside. */
  onConfirm(): Promise<unknown> | undefined;
}

/** Asks before something that cannot simply be undone. Names the object and the effect. */
export function ConfirmDialog(props: ConfirmDialogProps): ReactNode {
  const { open, onOpenChange, title, effect, action, danger = true, typedName, children, onConfirm } = props;
  const [typed, setTyped] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  useEffect(() => {
    if (!open) return;
    setTyped('');
    setError(undefined);
  }, [open]);

  const confirm = async (): Promise<void> => {
    setBusy(true);
    setError(undefined);
    try {
      await onConfirm();
      onOpenChange(false);
    } catch (reason) {
      setError(reason);
    } finally {
      setBusy(false);
    }
  };

  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      role="alertdialog"
      title={title}
      description={effect}
      footer={
        <>
          <Button onClick={() => onOpenChange(false)}>Cancel</Button>
          <Button
            kind={danger ? 'danger' : 'primary'}
            busy={busy}
            disabled={typedName !== undefined && typed !== typedName}
            onClick={confirm}
          >
            {action}
          </Button>
        </>
      }
    >
      {children || typedName || error ? (
        <div className="flex flex-col gap-4">
          {children}
          {typedName !== undefined && (
            <Field label={`Type ${typedName} to confirm`}>
              {(control) => (
                <Input {...control} mono value={typed} onChange={(event) => setTyped(event.target.value)} />
              )}
            </Field>
          )}
          {error !== undefined && <ErrorNote error={error} />}
        </div>
      ) : null}
    </Dialog>
  );
}
