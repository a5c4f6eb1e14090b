/** Everything a browser may import: zod schemas and constants, no server code. */
export * from './common.ts';
export * from './containers.ts';
export * from './live.ts';
export * from './objects.ts';
export * from './system.ts';
export * from './terminal.ts';
