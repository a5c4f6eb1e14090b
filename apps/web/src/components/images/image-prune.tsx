'use client';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useEnvironment } from '../../lib/environment.tsx';
import { useTRPC, useTRPCClient } from '../../lib/trpc.tsx';
import { PruneDialog } from '../objects/prune-dialog.tsx';

export function ImagePrune({ open, onOpenChange }: { open: boolean; onOpenChange(open: boolean): void }) {
  const trpc = useTRPC();
  const api = useTRPCClient();
  const queries = useQueryClient();
  const environment = useEnvironment();
  const [all, setAll] = useState(false);
  const plan = useQuery(
    trpc.images.prunePlan.queryOptions({ environment, all }, { enabled: open, staleTime: 0 }),
  );
  return (
    <PruneDialog
      open={open}
      onOpenChange={onOpenChange}
      noun="image"
      plan={plan.data}
      error={plan.error}
      allLabel="Tagged images that no container uses, too"
      all={all}
      onAll={setAll}
      effect="Removes the images below and the layers nothing else uses. Pull or load brings them back."
      prune={async (ids) => {
        const answer = await api.images.prune.mutate({ environment, ids });
        await queries.invalidateQueries({ queryKey: trpc.images.list.queryKey() });
        return answer;
      }}
    />
  );
}
