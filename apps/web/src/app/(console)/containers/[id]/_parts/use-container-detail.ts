'use client';
import type { ContainerRow } from '@berth/api/schemas';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useRef } from 'react';
import { useEnvironment } from '../../../../../lib/environment.tsx';
import { useContainers } from '../../../../../lib/live.tsx';
import { useTRPC } from '../../../../../lib/trpc.tsx';

/** What the table is told about a container decides when the details are read anew; nothing is polled. */
const signOf = (row: ContainerRow | undefined): string =>
  row ? [row.state, row.health, row.exitCode, row.name, row.stateSinceMs, row.networks.length].join(' ') : '';

/** Details of a container by id, id prefix or name, fresh after every event about it. */
export function useContainerDetail(id: string) {
  const trpc = useTRPC();
  const environment = useEnvironment();
  const live = useContainers();
  const query = useQuery(trpc.containers.inspect.queryOptions({ environment, id }, { staleTime: 0 }));
  const fullId = query.data?.id;
  const row = live.rows.find((each) => each.id === (fullId ?? id) || each.name === id);
  const sign = signOf(row);
  const seen = useRef(sign);
  const { refetch } = query;
  useEffect(() => {
    if (seen.current === sign) return;
    seen.current = sign;
    // Removed: there is nothing to read any more.
    if (sign !== '') void refetch();
  }, [sign, refetch]);

  // The table's state is newer than the details until they have been read.
  const detail = useMemo(() => {
    if (!query.data) return undefined;
    if (!row) return query.data;
    const { state, health, tone, exitCode, oomKilled, name } = row;
    return { ...query.data, state, health, tone, exitCode, oomKilled, name };
  }, [query.data, row]);
  const gone = live.status === 'live' && fullId !== undefined && row === undefined;
  return {
    detail,
    gone,
    error: query.error,
    retry: refetch,
    offline: live.status === 'offline' ? live.message : null,
  };
}
