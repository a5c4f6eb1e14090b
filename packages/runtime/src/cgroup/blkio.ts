/** Block devices: weight and counters. */
import type { OciResources } from '../spec.ts';
import type { CgroupStats } from '../types.ts';
import { attempt, type Controller } from './controller.ts';
import { writeValue } from './files.ts';

type BlockIo = CgroupStats['blockIo'];

const asked = (_resources: OciResources): boolean => false;

export const blkioV1: Controller = {
  name: 'blkio',
  asked,
  apply(directory, { blockIO }, warnings) {
    if (!blockIO?.weight) return;
    const { weight } = blockIO;
    attempt(warnings, 'the block I/O weight', () => writeValue(directory, 'blkio.bfq.weight', weight));
  },
  stats(directory, files) {
    const bytes = files.read(directory, 'blkio.throttle.io_service_bytes_recursive');
    const operations = files.read(directory, 'blkio.throttle.io_serviced_recursive');
    return { blockIo: joinV1(bytes ?? '', operations ?? '') };
  },
};

/** Two files with lines like `8:0 Read 4096`; other operations (Sync, Total…) are sums of these two. */
function joinV1(bytes: string, operations: string): BlockIo {
  const counts = new Map(operations.split('\n').map((line) => [line.slice(0, line.lastIndexOf(' ')), line]));
  const result: BlockIo = [];
  for (const line of bytes.split('\n')) {
    const [device, op, value] = line.split(' ');
    const [major, minor] = (device ?? '').split(':').map(Number);
    if ((op !== 'Read' && op !== 'Write') || major === undefined || minor === undefined) continue;
    const counted = counts.get(`${device} ${op}`)?.split(' ')[2];
    const direction = op === 'Read' ? 'read' : 'write';
    result.push({ major, minor, op: direction, bytes: Number(value), operations: Number(counted ?? 0) });
  }
  return result;
}

export const ioV2: Controller = {
  name: 'io',
  asked,
  apply(directory, { blockIO }, warnings) {
    if (!blockIO?.weight) return;
    // 10…1000 in the OCI spec, 1…10000 in cgroup v2.
    const weight = Math.round(1 + ((blockIO.weight - 10) * 9999) / 990);
    attempt(warnings, 'the block I/O weight', () => writeValue(directory, 'io.weight', `default ${weight}`));
  },
  stats: (directory, files) => ({ blockIo: parseIoStat(files.read(directory, 'io.stat') ?? '') }),
};

/** Lines like `8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=0 dios=0`. */
function parseIoStat(text: string): BlockIo {
  return text.split('\n').flatMap((line): BlockIo => {
    const [device, ...pairs] = line.split(' ');
    const [major, minor] = (device ?? '').split(':').map(Number);
    if (major === undefined || minor === undefined || pairs.length === 0) return [];
    const number = (key: string): number =>
      Number(pairs.find((pair) => pair.startsWith(`${key}=`))?.slice(key.length + 1) ?? 0);
    return [
      { major, minor, op: 'read', bytes: number('rbytes'), operations: number('rios') },
      { major, minor, op: 'write', bytes: number('wbytes'), operations: number('wios') },
    ];
  });
}
