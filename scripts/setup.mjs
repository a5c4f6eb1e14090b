// `npm run setup`: everything a checkout needs to run, without starting anything.
import { main, setup } from './lib/setup.mjs';

await main(setup);
