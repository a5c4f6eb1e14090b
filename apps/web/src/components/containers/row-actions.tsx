'use client';
import type { ContainerAction, ContainerRow } from '@berth/api/schemas';
import { Button, IconButton, Menu, MenuItem, MenuLine } from '@berth/ui';
import {
  Ellipsis,
  Pause,
  Play,
  RotateCw,
  ScrollText,
  Square,
  SquareTerminal,
  Trash2,
  Zap,
} from 'lucide-react';
import { useRouter } from 'next/navigation';
import { useContainerActions, usePendingAction } from './actions.tsx';

/** Whether an action means anything in this state. */
export function applies(action: ContainerAction, row: Pick<ContainerRow, 'state'>): boolean {
  const up = row.state === 'running' || row.state === 'restarting';
  switch (action) {
    case 'start':
      return row.state === 'created' || row.state === 'exited' || row.state === 'dead';
    case 'stop':
    case 'kill':
      return up || row.state === 'paused';
    case 'restart':
      return row.state !== 'removing';
    case 'pause':
      return row.state === 'running';
    case 'unpause':
      return row.state === 'paused';
    case 'remove':
      return row.state !== 'removing';
  }
}

/** Logs, terminal, start or stop, and the menu with the rest. */
export function RowActions({ row }: { row: ContainerRow }) {
  const router = useRouter();
  const { act } = useContainerActions();
  const busy = usePendingAction(row.id) !== undefined;
  const stop = applies('stop', row);
  return (
    <span className="flex items-center">
      <IconButton
        size="sm"
        quiet
        label={`Logs of ${row.name}`}
        icon={ScrollText}
        onClick={() => router.push(`/containers/${row.id}/logs`)}
      />
      <IconButton
        size="sm"
        quiet
        label={`Terminal of ${row.name}`}
        icon={SquareTerminal}
        disabled={row.state !== 'running'}
        onClick={() => router.push(`/containers/${row.id}/terminal`)}
      />
      <IconButton
        size="sm"
        quiet
        filled
        label={`${stop ? 'Stop' : 'Start'} ${row.name}`}
        icon={stop ? Square : Play}
        disabled={busy || (!stop && !applies('start', row))}
        onClick={() => act(stop ? 'stop' : 'start', [row])}
      />
      <ContainerMenu row={row} />
    </span>
  );
}

/** On a phone: start or stop; everything else is in the menu. */
export function PhoneRowActions({ row }: { row: ContainerRow }) {
  const { act } = useContainerActions();
  const busy = usePendingAction(row.id) !== undefined;
  const stop = applies('stop', row);
  return (
    <span className="flex items-center">
      <IconButton
        quiet
        filled
        label={`${stop ? 'Stop' : 'Start'} ${row.name}`}
        icon={stop ? Square : Play}
        disabled={busy || (!stop && !applies('start', row))}
        onClick={() => act(stop ? 'stop' : 'start', [row])}
      />
      <ContainerMenu row={row} withPages />
    </span>
  );
}

/** Every action of one container, the destructive ones last. */
export function ContainerMenu({
  row,
  onRemoved,
  withPages = false,
}: {
  row: Pick<ContainerRow, 'id' | 'name' | 'state'>;
  onRemoved?: () => void;
  /** Also the ways to its logs and terminal. */
  withPages?: boolean;
}) {
  const router = useRouter();
  const { act } = useContainerActions();
  const item = (action: ContainerAction) => ({
    disabled: !applies(action, row),
    onSelect: () => act(action, [row], action === 'remove' ? onRemoved : undefined),
  });
  return (
    <Menu trigger={<IconButton size="sm" quiet label={`More actions on ${row.name}`} icon={Ellipsis} />}>
      {withPages && (
        <>
          <MenuItem icon={ScrollText} onSelect={() => router.push(`/containers/${row.id}/logs`)}>
            Logs
          </MenuItem>
          <MenuItem
            icon={SquareTerminal}
            disabled={row.state !== 'running'}
            onSelect={() => router.push(`/containers/${row.id}/terminal`)}
          >
            Terminal
          </MenuItem>
          <MenuLine />
        </>
      )}
      <MenuItem icon={Play} {...item('start')}>
        Start
      </MenuItem>
      <MenuItem icon={Square} {...item('stop')}>
        Stop
      </MenuItem>
      <MenuItem icon={RotateCw} {...item('restart')}>
        Restart
      </MenuItem>
      {row.state === 'paused' ? (
        <MenuItem icon={Play} {...item('unpause')}>
          Resume
        </MenuItem>
      ) : (
        <MenuItem icon={Pause} {...item('pause')}>
          Pause
        </MenuItem>
      )}
      <MenuLine />
      <MenuItem icon={Zap} danger {...item('kill')}>
        Kill…
      </MenuItem>
      <MenuItem icon={Trash2} danger {...item('remove')}>
        Remove…
      </MenuItem>
    </Menu>
  );
}

const bulkActions = [
  ['start', Play],
  ['stop', Square],
  ['restart', RotateCw],
] as const;

/** What can be done to the selected rows, with the number each action applies to. */
export function BulkActions({ rows, clear }: { rows: ContainerRow[]; clear(): void }) {
  const { act } = useContainerActions();
  return (
    <>
      {bulkActions.map(([action, icon]) => {
        const targets = rows.filter((row) => applies(action, row));
        const word = action[0]?.toUpperCase() + action.slice(1);
        return (
          <Button
            key={action}
            size="sm"
            icon={icon}
            disabled={targets.length === 0}
            onClick={() => act(action, targets, clear)}
          >
            {targets.length === rows.length || targets.length === 0 ? word : `${word} ${targets.length}`}
          </Button>
        );
      })}
      <Button size="sm" kind="danger-quiet" icon={Trash2} onClick={() => act('remove', rows, clear)}>
        Remove {rows.length}
      </Button>
    </>
  );
}
