// `npm start`: sets up what changed, then runs berthd and the console in the foreground.
// Ctrl-C ends both; containers go on.
//
//   npm start -- [--console-host H] [--console-port N] [--console-data DIR] [any berthd flag]
import { createBerth, requireRoot } from './lib/berth.mjs';
import { main, setup } from './lib/setup.mjs';

await main(async () => {
  requireRoot();
  const berth = createBerth(process.argv.slice(2));
  await setup();
  // A terminal that was closed takes no more output; Berth still ends in order.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => void berth.stop());
  await berth.run();
  process.stderr.write('  Berth has stopped; containers go on.\n');
});
