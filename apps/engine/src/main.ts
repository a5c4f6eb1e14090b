/**
 * Entry of berthd. Node keeps what it compiled (and stripped of types) beside the installed packages: the next start is
 * quicker and some 20 MB smaller. Where that directory cannot be written, nothing is kept.
 */
import { enableCompileCache } from 'node:module';
import path from 'node:path';
import { setFlagsFromString } from 'node:v8';

// V8 would let the space for young objects grow after every burst of requests and keep it for good: some 15 MB.
setFlagsFromString('--semi-space-growth-factor=1');
enableCompileCache(path.resolve(import.meta.dirname, '../../../node_modules/.cache/berthd'));
const { berthd } = await import('./berthd.ts');
process.exitCode = await berthd(process.argv.slice(2));
