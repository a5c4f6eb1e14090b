/**
 * Entry of berthd. Node keeps what it compiled (and stripped of types) beside the installed packages: the next start is
 * quicker and some 20 MB smaller. Where that directory cannot be written, nothing is kept.
 */
import { enableCompileCache } from 'node:module';
import path from 'node:path';

enableCompileCache(path.resolve(import.meta.dirname, '../../../node_modules/.cache/berthd'));
const { berthd } = await import('./berthd.ts');
process.exitCode = await berthd(process.argv.slice(2));
