// `npm start`: sets up what changed, then runs berthd and the console in the foreground.
// Ctrl-C ends both; containers go on.
//
//   npm start -- [--console-host H] [--console-port N] [--console-data DIR] [any berthd flag]
import { startBerth } from './lib/berth.mjs';
import { main, setup } from './lib/setup.mjs';

await main(async () => {
  await setup();
  const berth = await startBerth(process.argv.slice(2));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => berth.stop());
  process.exitCode = await berth.ended;
});
