'use client';
import type { StatsSample } from '@berth/api/schemas';
import { useEffect, useState } from 'react';
import { useEnvironment } from '../../../../../lib/environment.tsx';
import { useTRPCClient } from '../../../../../lib/trpc.tsx';

/** Samples by second; `null` is a gap. */
export interface StatsSeries {
  /** Seconds since the epoch. */
  times: number[];
  samples: (StatsSample | null)[];
  last: StatsSample | null;
}

const none: StatsSeries = { times: [], samples: [], last: null };
/** Ten minutes at one a second. */
const kept = 600;
/** A pause longer than this is drawn as a gap. */
const gapS = 3;

function add(series: StatsSeries, sample: StatsSample): StatsSeries {
  const time = sample.timeMs / 1000;
  const before = series.times.at(-1);
  if (before !== undefined && time <= before) return series;
  const isGap = before !== undefined && time - before > gapS;
  const times = [...series.times, ...(isGap ? [before + 1] : []), time].slice(-kept);
  const samples = [...series.samples, ...(isGap ? [null] : []), sample].slice(-kept);
  return { times, samples, last: sample };
}

/** Live numbers of one container while it runs and the page is open. What was seen stays when it stops. */
export function useStatsSeries(id: string | undefined, running: boolean): StatsSeries {
  const api = useTRPCClient();
  const environment = useEnvironment();
  const [series, setSeries] = useState(none);

  // biome-ignore lint/correctness/useExhaustiveDependencies: another container starts empty
  useEffect(() => setSeries(none), [id, environment]);

  useEffect(() => {
    if (id === undefined) return;
    if (!running) {
      setSeries((before) => ({ ...before, last: null }));
      return;
    }
    const stream = api.live.stats.subscribe(
      { environment, ids: [id] },
      {
        onData: (update) => {
          if (update.type !== 'samples') return;
          for (const sample of update.samples) setSeries((before) => add(before, sample));
        },
      },
    );
    return () => stream.unsubscribe();
  }, [api, environment, id, running]);
  return series;
}
