/** `LogConfig`: which driver, and how json-file rotates. */
import { invalidParameter, type LogConfig } from '@berth/engine-api';

export interface LogOptions {
  maxSizeBytes: number | undefined;
  maxFiles: number | undefined;
}

/** @returns undefined when nothing is logged. @throws invalidParameter for what Berth cannot do */
export function parseLogOptions(config: LogConfig): LogOptions | undefined {
  if (config.Type === 'none') return undefined;
  if (config.Type !== 'json-file') {
    throw invalidParameter(`logger: no log driver named '${config.Type}' is registered`);
  }
  const options: LogOptions = { maxSizeBytes: undefined, maxFiles: undefined };
  for (const [name, value] of Object.entries(config.Config)) {
    switch (name) {
      case 'max-size':
        options.maxSizeBytes = parseSize(value);
        break;
      case 'max-file':
        options.maxFiles = parseFiles(value);
        break;
      case 'labels':
      case 'labels-regex':
      case 'env':
      case 'env-regex':
      case 'tag':
      case 'compress':
      case 'mode':
      case 'max-buffer-size':
        break;
      default:
        throw invalidParameter(`unknown log opt '${name}' for json-file log driver`);
    }
  }
  return options;
}

const powers: Record<string, number> = { '': 1, k: 1e3, m: 1e6, g: 1e9, t: 1e12 };

/** "10m", in powers of ten as Docker counts here; -1 is unlimited. */
function parseSize(text: string): number | undefined {
  if (text === '-1') return undefined;
  const match = /^(\d+(?:\.\d+)?)\s*([kmgt]?)i?b?$/i.exec(text);
  const bytes = Math.floor(Number(match?.[1]) * (powers[match?.[2]?.toLowerCase() ?? ''] ?? Number.NaN));
  if (!(bytes > 0)) throw invalidParameter(`invalid value for max-size: ${text}`);
  return bytes;
}

function parseFiles(text: string): number {
  if (!/^\d{1,4}$/.test(text) || Number(text) < 1) {
    throw invalidParameter(`invalid value for max-file: ${text}: max-file cannot be less than 1`);
  }
  return Number(text);
}
