/**
 * A process that makes sandboxes and then waits to be killed, or (`dies`) kills itself when the first of them is made
 * and the others are half-way. Argument: all of it as JSON.
 */
import { createNetworks } from '../index.ts';

const { options, running, requests, dies } = JSON.parse(process.argv[2] ?? '{}');
const ignore = (): void => undefined;
const networks = createNetworks({
  ...options,
  logger: { debug: ignore, info: ignore, warn: ignore, error: ignore },
});
await networks.start(new Set(running));
const pending = requests.map(networks.createSandbox, networks);
if (dies) {
  await Promise.race(pending);
  process.kill(process.pid, 'SIGKILL');
}
const sandboxes = await Promise.all(pending);
console.log(JSON.stringify(sandboxes));
process.stdin.resume();
