import manifest from '../package.json' with { type: 'json' };

export const consoleVersion: string = manifest.version;
