'use client';
import {
  binaryScale,
  FieldSet,
  formatBytes,
  formatCores,
  LimitRow,
  linearScale,
  parseBytes,
  Skeleton,
} from '@berth/ui';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { Controller } from 'react-hook-form';
import { useEnvironment } from '../../lib/environment.tsx';
import { useTRPC } from '../../lib/trpc.tsx';
import type { CreateForm } from './form.ts';

const mebibyte = 1024 ** 2;
const parseNumber = (text: string): number | null => {
  const match = /^\s*(\d+(?:\.\d+)?)/.exec(text);
  return match?.[1] === undefined ? null : Number(match[1]);
};

/** CPU, memory and processes; all of them can be changed later while it runs. */
export function LimitsSection({ form }: { form: CreateForm }) {
  const trpc = useTRPC();
  const environment = useEnvironment();
  const info = useQuery(trpc.system.info.queryOptions({ environment }));
  const { cpus, memoryBytes } = info.data ?? { cpus: 2, memoryBytes: 2 * 1024 ** 3 };
  const scales = useMemo(
    () => ({
      cpus: linearScale({ min: 0.05, capacity: cpus, step: 0.05, largeStep: 0.5 }),
      memory: binaryScale({ min: 8 * mebibyte, capacity: memoryBytes }),
      pids: linearScale({ min: 1, capacity: 4096, step: 1, largeStep: 100 }),
    }),
    [cpus, memoryBytes],
  );
  return (
    <FieldSet title="Limits" hint="Can be changed later while the container runs.">
      {info.isPending ? (
        <Skeleton className="h-40" />
      ) : (
        <div className="-my-3 divide-y divide-grey-5">
          <Controller
            control={form.control}
            name="limits.cpus"
            render={({ field }) => (
              <LimitRow
                label="CPU"
                value={field.value ?? null}
                scale={scales.cpus}
                format={formatCores}
                parse={parseNumber}
                example="0.5 cores"
                onCommit={field.onChange}
              />
            )}
          />
          <Controller
            control={form.control}
            name="limits.memoryBytes"
            render={({ field }) => (
              <LimitRow
                label="Memory"
                value={field.value ?? null}
                scale={scales.memory}
                format={formatBytes}
                parse={parseBytes}
                example="256 MiB"
                onCommit={field.onChange}
              />
            )}
          />
          <Controller
            control={form.control}
            name="limits.pids"
            render={({ field }) => (
              <LimitRow
                label="Processes"
                value={field.value ?? null}
                scale={scales.pids}
                format={String}
                capacityLabel="4096"
                parse={(text) => (/^\d+$/.test(text.trim()) ? Number(text) : null)}
                example="200"
                onCommit={field.onChange}
              />
            )}
          />
        </div>
      )}
    </FieldSet>
  );
}
