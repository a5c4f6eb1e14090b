export type { ApiConfig, Logger } from './config.ts';
export { type ApiServer, createApiServer } from './http/server.ts';
export { type AppRouter, appRouter } from './router.ts';
export type { SessionInfo } from './services/guard.ts';
