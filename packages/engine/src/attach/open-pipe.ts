import type { Duplex } from 'node:stream';
import type { AttachOptions, ContainerProcess } from '@berth/runtime';

/** A pipe to the process that may break before anybody joins it; whoever does finds it destroyed then. */
export async function openPipe(process: ContainerProcess, options: AttachOptions): Promise<Duplex> {
  const pipe = await process.attach(options);
  pipe.on('error', () => {});
  return pipe;
}
