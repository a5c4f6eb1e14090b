'use client';
import { Button, ErrorNote, IconButton, Input, Select, Terminal, type TerminalHandle } from '@berth/ui';
import { useQuery } from '@tanstack/react-query';
import { AArrowDown, AArrowUp, Eraser, X } from 'lucide-react';
import { type FormEvent, useMemo, useRef, useState } from 'react';
import { useEnvironment } from '../../../../../lib/environment.tsx';
import { wordsOf } from '../../../../../lib/errors.ts';
import { useTRPC } from '../../../../../lib/trpc.tsx';
import { useContainer } from './container-context.tsx';
import type { TerminalState, TerminalTarget } from './terminal-connection.ts';
import { storedTerminal, useTerminal } from './use-terminal.ts';

/** A shell in the container, if it runs. */
export function TerminalTab() {
  const { detail } = useContainer();
  if (detail.state !== 'running') {
    return (
      <p className="px-4 py-6 text-sm text-grey-10">
        {detail.state === 'paused'
          ? 'It is paused. Resume it to open a terminal.'
          : 'It does not run. Start it to open a terminal.'}
      </p>
    );
  }
  return <Shells key={detail.id} />;
}

/** Which shells there are is asked first; the best one is opened at once. */
function Shells() {
  const { detail } = useContainer();
  const environment = useEnvironment();
  const trpc = useTRPC();
  const query = useQuery(
    trpc.containers.shells.queryOptions(
      { environment, id: detail.id },
      { staleTime: Number.POSITIVE_INFINITY },
    ),
  );
  const [stored] = useState(() => storedTerminal(environment, detail.id));
  const shells = useMemo(() => query.data?.shells.map(({ path }) => path) ?? [], [query.data]);
  const [first] = shells;
  const command = stored?.command[0] ?? first;

  if (query.error && !stored)
    return (
      <ErrorNote
        className="m-4"
        title="The shells could not be listed"
        error={new Error(wordsOf(query.error))}
        onRetry={query.refetch}
      />
    );
  if (command === undefined) {
    return (
      <p className="px-4 py-6 text-sm text-grey-10" role="status">
        {query.isPending
          ? 'Looking for shells…'
          : 'This image has no shell, so there is nothing to type into.'}
      </p>
    );
  }
  return (
    <OneTerminal
      shells={shells.includes(command) ? shells : [command, ...shells]}
      first={command}
      user={stored?.user ?? ''}
    />
  );
}

const sizes = { least: 9, usual: 13, most: 24 } as const;

function OneTerminal({
  shells,
  first,
  user: firstUser,
}: {
  shells: readonly string[];
  first: string;
  user: string;
}) {
  const { detail } = useContainer();
  const environment = useEnvironment();
  const [shell, setShell] = useState(first);
  const [user, setUser] = useState(firstUser);
  const [fontSize, setFontSize] = useState<number>(sizes.usual);
  const [target, setTarget] = useState<TerminalTarget>(() => ({
    environment,
    container: detail.id,
    command: [first],
    user: firstUser,
  }));
  const handle = useRef<TerminalHandle>(null);
  const terminal = useTerminal(target, handle);
  const { state } = terminal;

  const open = (event?: FormEvent): void => {
    event?.preventDefault();
    // The old program is ended; a new target makes a new one.
    terminal.end();
    sessionStorage.removeItem(`berth.terminal.${environment}.${detail.id}`);
    setTarget({ environment, container: detail.id, command: [shell], user: user.trim() });
  };
  const isOther = shell !== target.command[0] || user.trim() !== target.user;

  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <form
        onSubmit={open}
        className="flex shrink-0 flex-wrap items-center gap-2 border-b border-grey-5 px-3 py-1.5"
      >
        <Select
          label="Shell"
          value={shell}
          onChange={setShell}
          options={shells.map((path) => ({ value: path, label: path }))}
          className="w-36 font-mono"
        />
        <Input
          aria-label="User"
          placeholder={`user: ${detail.config.user || 'root'}`}
          value={user}
          onChange={(event) => setUser(event.target.value)}
          className="w-36"
        />
        <Button type="submit" size="md" kind={isOther || state.phase === 'ended' ? 'primary' : 'secondary'}>
          {state.phase === 'ended' ? 'Open a new terminal' : isOther ? 'Open' : 'Start anew'}
        </Button>
        <StateWords state={state} />
        <span className="ml-auto flex items-center gap-1">
          <IconButton
            label="Smaller letters"
            icon={AArrowDown}
            disabled={fontSize <= sizes.least}
            onClick={() => setFontSize(fontSize - 1)}
          />
          <IconButton
            label="Larger letters"
            icon={AArrowUp}
            disabled={fontSize >= sizes.most}
            onClick={() => setFontSize(fontSize + 1)}
          />
          <IconButton label="Empty the screen" icon={Eraser} onClick={() => handle.current?.clear()} />
          <IconButton
            label="End the program"
            icon={X}
            disabled={state.phase !== 'open'}
            onClick={terminal.end}
          />
        </span>
      </form>
      <Terminal
        ref={handle}
        label={`Terminal of ${detail.name}`}
        fontSize={fontSize}
        onReady={terminal.onReady}
        onData={terminal.onData}
        onBinary={terminal.onBinary}
        onResize={terminal.onResize}
      />
    </div>
  );
}

function StateWords({ state }: { state: TerminalState }) {
  const words = {
    connecting: 'connecting',
    open: 'connected',
    reconnecting: 'connection lost, trying again',
    ended: state.phase === 'ended' ? state.reason : '',
  } as const;
  return (
    <span
      role="status"
      data-testid="terminal-state"
      data-phase={state.phase}
      className={state.phase === 'reconnecting' ? 'text-xs text-warn-text' : 'text-xs text-grey-10'}
    >
      {words[state.phase]}
    </span>
  );
}
