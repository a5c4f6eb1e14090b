'use client';
import { toast } from '@berth/ui';
import { Upload } from 'lucide-react';
import { type DragEvent, type ReactNode, useRef, useState } from 'react';
import { useEnvironment } from '../../lib/environment.tsx';

/** Sends tars to the engine. Each becomes a job; the tray shows it, and leaving the page stops an upload. */
export function useUpload(): (files: File[]) => void {
  const environment = useEnvironment();
  return (files) => {
    for (const file of files) void send(file, environment);
  };
}

async function send(file: File, environment: string): Promise<void> {
  const query = new URLSearchParams({ name: file.name });
  try {
    const answer = await fetch(`/api/environments/${encodeURIComponent(environment)}/images/load?${query}`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-tar' },
      body: file,
    });
    // A refusal of the engine is told by the job itself.
    if (answer.ok || answer.status === 422) return;
    const body: unknown = await answer.json().catch(() => null);
    const message =
      typeof body === 'object' && body !== null && 'message' in body && typeof body.message === 'string'
        ? body.message
        : `The server answered ${answer.status}.`;
    toast.error(`${file.name} was not loaded`, { description: message });
  } catch {
    toast.error(`${file.name} was not uploaded`, { description: 'The connection was lost on the way.' });
  }
}

/** A page onto which files can be dropped. */
export function DropZone({ onFiles, children }: { onFiles(files: File[]): void; children: ReactNode }) {
  const [over, setOver] = useState(false);
  // Entering a child leaves its parent, so the depth is counted.
  const depth = useRef(0);
  const hasFiles = (event: DragEvent): boolean => event.dataTransfer.types.includes('Files');
  const settle = (by: number): void => {
    depth.current = Math.max(0, depth.current + by);
    setOver(depth.current > 0);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is a second way; the Upload button is the first
    <div
      className="relative flex min-h-0 flex-1 flex-col"
      onDragEnter={(event) => hasFiles(event) && settle(1)}
      onDragLeave={(event) => hasFiles(event) && settle(-1)}
      onDragOver={(event) => hasFiles(event) && event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        depth.current = 0;
        setOver(false);
        onFiles([...event.dataTransfer.files]);
      }}
    >
      {children}
      {over && (
        <div className="pointer-events-none absolute inset-2 z-20 flex items-center justify-center gap-2.5 rounded-lg border-2 border-dashed border-accent-ring bg-accent-soft/90 text-lg font-medium text-accent-text">
          <Upload aria-hidden size={20} />
          Drop image tars to load them
        </div>
      )}
    </div>
  );
}
