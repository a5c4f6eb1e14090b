import manifest from '../../package.json' with { type: 'json' };

/** Of Berth. */
export const version: string = manifest.version;
