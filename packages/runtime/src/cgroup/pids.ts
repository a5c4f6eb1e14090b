import type { OciResources } from '../spec.ts';
import type { Controller } from './controller.ts';
import { parseLimit, readOptional, writeValue } from './files.ts';

/** Number of processes and threads. The files are the same in v1 and v2. */
export const pids: Controller = {
  name: 'pids',
  asked: ({ pids: wanted }: OciResources) => wanted !== undefined && wanted.limit > 0,
  apply(directory, { pids: wanted }) {
    if (wanted === undefined || wanted.limit === 0) return;
    writeValue(directory, 'pids.max', wanted.limit < 0 ? 'max' : wanted.limit);
  },
  limits: (directory) => ({ pids: parseLimit(readOptional(directory, 'pids.max')) }),
  stats: (directory, files) => ({
    pids: {
      current: Number(files.read(directory, 'pids.current') ?? 0),
      limit: parseLimit(files.read(directory, 'pids.max')),
    },
  }),
};
