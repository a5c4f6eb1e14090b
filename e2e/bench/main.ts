/** Side by side with Debian's dockerd: the same client, the same work, in turn, medians and ratios. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { cpus, release } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { PrivateBerthd } from '../lib/private-berthd.ts';
import { PrivateDockerd } from './dockerd.ts';
import { measureMemory } from './memory.ts';
import { type Target, workloads } from './workloads.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string' },
    write: { type: 'boolean', default: false },
    only: { type: 'string' },
  },
});

const median = (figures: number[]): number =>
  figures.toSorted((a, b) => a - b)[Math.floor(figures.length / 2)] ?? Number.NaN;
const shown = (figure: number): string =>
  figure < 10 ? figure.toFixed(1) : Math.round(figure).toLocaleString('en');

await using berthd = await PrivateBerthd.start();
await using dockerd = await PrivateDockerd.start();
const target = (name: string, engine: { socketPath: string }): Target => ({
  name,
  socketPath: engine.socketPath,
  agent: new Agent({ keepAlive: true, maxSockets: 64 }),
});
const berth = target('berthd', berthd);
const docker = target('dockerd', dockerd);

const table: string[] = [
  '| work | Berth | Docker | Berth / Docker | rounds |',
  '| --- | ---: | ---: | ---: | ---: |',
];
const row = (title: string, ours: number, theirs: number, unit: string, rounds: number): void => {
  const line = `| ${title} | ${shown(ours)} ${unit} | ${shown(theirs)} ${unit} | ${(ours / theirs).toFixed(2)} | ${rounds} |`;
  table.push(line);
  process.stderr.write(`${line}\n`);
};

for (const workload of workloads.filter(({ title }) => title.includes(values.only ?? ''))) {
  const rounds = Number(values.rounds ?? workload.rounds);
  const ours: number[] = [];
  const theirs: number[] = [];
  for (const engine of [berth, docker]) await workload.measure(engine);
  for (let round = 0; round < rounds; round++) {
    ours.push(await workload.measure(berth));
    theirs.push(await workload.measure(docker));
  }
  row(workload.title, median(ours), median(theirs), workload.unit, rounds);
}

if (!values.only || values.only === 'memory') {
  const ours = await measureMemory({ ...berth, daemonPid: berthd.daemonPid });
  const theirs = await measureMemory({ ...docker, daemonPid: dockerd.daemonPid });
  row('memory of the daemon (PSS)', ours.daemonMiB, theirs.daemonMiB, 'MiB', 1);
  row('memory each idle container adds (PSS)', ours.perContainerKiB, theirs.perContainerKiB, 'KiB', 1);
}

for (const engine of [berth, docker]) engine.agent.destroy();
const dockerVersion = execFileSync('dockerd', ['--version'], { encoding: 'utf8' }).trim();
const host = `${cpus().length} × ${cpus()[0]?.model.trim()}, Linux ${release()}; ${dockerVersion}.`;
const report = `${table.join('\n')}\n`;
process.stdout.write(`\n${host}\n\n${report}`);
if (values.write)
  writeFileSync(
    join(import.meta.dirname, '../../docs/benchmarks.md'),
    `# Benchmarks\n\nMade by \`npm run bench -- --write\`: berthd and Debian's dockerd run side by side with the same client and do the same work in turn; medians of one run.\n\n${host}\n\n${report}`,
  );
