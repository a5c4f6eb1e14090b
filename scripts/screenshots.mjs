// `npm run screenshots`: the pictures in docs/, from a running console.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { main, node26, setup } from './lib/setup.mjs';
import { root } from './lib/steps.mjs';
import { ensureSystemPackages, testRequirements } from './lib/system-packages.mjs';
import { clientsDir, ensureTestClients } from './lib/test-clients.mjs';

await main(async () => {
  await setup();
  await ensureSystemPackages(testRequirements);
  await ensureTestClients();
  const env = { ...process.env, DOCKER_CLI: `${clientsDir}/docker`, DOCKER_CONFIG: `${clientsDir}/config` };
  const script = spawn(node26, ['e2e/screenshots/main.ts', ...process.argv.slice(2)], {
    cwd: root,
    env,
    stdio: 'inherit',
  });
  const [code] = await once(script, 'exit');
  process.exitCode = code ?? 1;
});
