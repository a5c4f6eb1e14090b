'use client';
import { StateIcon, Tooltip } from '@berth/ui';
import Link from 'next/link';

interface User {
  id: string;
  name: string;
  running: boolean;
}

/** Containers that use something: the first by name, the rest behind a number. */
export function UsedBy({ users }: { users: readonly User[] }) {
  const [first, ...rest] = [...users].sort((one, other) => Number(other.running) - Number(one.running));
  if (!first) return <span className="text-grey-10">not used</span>;
  return (
    <span className="flex min-w-0 items-center gap-1.5">
      <StateIcon facts={{ state: first.running ? 'running' : 'exited' }} />
      <Link
        href={`/containers/${first.id}`}
        title={first.name}
        className="clip text-grey-12 hover:text-accent-text hover:underline"
      >
        {first.name}
      </Link>
      {rest.length > 0 && (
        <Tooltip text={rest.map((user) => user.name).join(', ')}>
          <button
            type="button"
            className="h-6 min-w-6 shrink-0 rounded-sm px-0.5 text-grey-10 hover:text-grey-12"
          >
            +{rest.length}
          </button>
        </Tooltip>
      )}
    </span>
  );
}
