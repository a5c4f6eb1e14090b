// `npm run bench`: the same work against berthd and Debian's dockerd, interleaved in one run, as one table.
//
//   npm run bench -- [--rounds N] [--write]      --write puts the table into docs/benchmarks.md
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { main, node26, setup } from './lib/setup.mjs';
import { root } from './lib/steps.mjs';
import { ensureSystemPackages, hasProgram } from './lib/system-packages.mjs';
import { clientsDir, ensureTestClients } from './lib/test-clients.mjs';

await main(async () => {
  await setup();
  await ensureSystemPackages([
    { package: 'docker.io', what: 'the program dockerd', has: () => hasProgram('dockerd') },
  ]);
  await ensureTestClients();
  const env = { ...process.env, DOCKER_CLI: `${clientsDir}/docker`, DOCKER_CONFIG: `${clientsDir}/config` };
  const child = spawn(node26, ['e2e/bench/main.ts', ...process.argv.slice(2)], {
    cwd: root,
    env,
    stdio: 'inherit',
  });
  const [code] = await once(child, 'exit');
  process.exitCode = code ?? 1;
});
