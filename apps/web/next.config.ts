import path from 'node:path';
import type { NextConfig } from 'next';

/**
 * The console's pages. Workspace packages are TypeScript sources, so Next compiles them itself.
 * Types are checked by `npm run check` (with the compiler the whole repository uses), not by the build.
 */
const config: NextConfig = {
  transpilePackages: ['@berth/ui', '@berth/api', '@berth/engine-api'],
  typescript: { ignoreBuildErrors: true },
  reactStrictMode: true,
  poweredByHeader: false,
  devIndicators: false,
  turbopack: { root: path.join(import.meta.dirname, '../..') },
};

export default config;
