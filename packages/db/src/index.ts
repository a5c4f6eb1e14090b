export { createDatabase, type Database } from './database.ts';
export type { PrismaClient } from './generated/client.ts';
export { MigrationError, migrate } from './migrations.ts';
