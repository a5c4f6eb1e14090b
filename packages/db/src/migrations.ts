/**
 * Migrations without the Prisma CLI's downloaded engine: the same engine as WebAssembly, from npm.
 * It is loaded only when there is something to apply, so an ordinary start does not pay for it.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { PrismaLibSql } from '@prisma/adapter-libsql';
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import type { MigrationList, SchemaEngine } from '@prisma/schema-engine-wasm';

/** `prisma/` of the repository: schema.prisma and migrations/. */
export const prismaFolder = join(import.meta.dirname, '../../../prisma');
export const migrationsFolder = join(prismaFolder, 'migrations');
const filters = { externalTables: [], externalEnums: [] };

export class MigrationError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'MigrationError';
  }
}

export const databaseUrl = (file: string): string => pathToFileURL(file).href;

/** Applies what is missing. Returns the names applied now. */
export async function migrate(file: string): Promise<string[]> {
  const migrationsList = await readMigrations();
  if (await isCurrent(file, migrationsList)) return [];
  using engine = await openSchemaEngine(file);
  try {
    const { appliedMigrationNames } = await engine.applyMigrations({ migrationsList, filters });
    return appliedMigrationNames;
  } catch (error) {
    throw new MigrationError(
      `The database ${file} could not be brought up to date. Restore a backup of it or move it away to start anew.`,
      { cause: error },
    );
  }
}

/** The migrations of the repository, in order. */
export async function readMigrations(): Promise<MigrationList> {
  const baseDir = migrationsFolder;
  const entries = await readdir(baseDir, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return {
    baseDir,
    lockfile: {
      path: 'migration_lock.toml',
      content: await readFile(join(baseDir, 'migration_lock.toml'), 'utf8').catch(missing),
    },
    shadowDbInitScript: '',
    migrationDirectories: await Promise.all(
      names.sort().map(async (path) => ({
        path,
        migrationFile: {
          path: 'migration.sql',
          content: {
            tag: 'ok' as const,
            value: await readFile(join(baseDir, path, 'migration.sql'), 'utf8'),
          },
        },
      })),
    ),
  };
}

/** The schema engine over `file`. Dispose it. */
export async function openSchemaEngine(file: string): Promise<SchemaEngine> {
  const { SchemaEngine: Engine } = await loadSchemaEngine();
  const schema = await readFile(join(prismaFolder, 'schema.prisma'), 'utf8');
  const adapters = bindMigrationAwareSqlAdapterFactory(new PrismaLibSql({ url: databaseUrl(file) }));
  return await Engine.new({ datamodels: [['schema.prisma', schema]] }, () => {}, adapters);
}

/** Node's own; its type lives in the DOM library, which server code does not load. */
declare const WebAssembly: {
  instantiate(
    binary: Uint8Array,
    imports: object,
  ): Promise<{ instance: { exports: { __wbindgen_start(): void } } }>;
};

type Bindings = typeof import('@prisma/schema-engine-wasm');
let loaded: Promise<Bindings> | undefined;

/** Once per process: the bindings hold one instance, a second one would pull the memory from under the first. */
function loadSchemaEngine(): Promise<Bindings> {
  loaded ??= instantiate();
  return loaded;
}

/** By hand, because importing `.wasm` as a module still makes Node print a warning. */
async function instantiate(): Promise<Bindings> {
  const entry = createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm');
  const bindings = await import(pathToFileURL(join(entry, '../schema_engine_bg.js')).href);
  const binary = await readFile(join(entry, '../schema_engine_bg.wasm'));
  const { instance } = await WebAssembly.instantiate(binary, { './schema_engine_bg.js': bindings });
  bindings.__wbg_set_wasm(instance.exports);
  instance.exports.__wbindgen_start();
  return bindings;
}

/** Whether every migration is recorded as finished with the checksum of its script; a plain read, no engine. */
async function isCurrent(file: string, list: MigrationList): Promise<boolean> {
  const database = await new PrismaLibSql({ url: databaseUrl(file) }).connect();
  try {
    const query = (sql: string) => database.queryRaw({ sql, args: [], argTypes: [] });
    const table = await query(
      `SELECT name FROM sqlite_master WHERE type = 'table' AND name = '_prisma_migrations'`,
    );
    if (table.rows.length === 0) return false;
    const { rows } = await query(
      'SELECT migration_name, checksum FROM _prisma_migrations WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL',
    );
    const applied = new Set(rows.map(([name, checksum]) => `${name} ${checksum}`));
    return list.migrationDirectories.every(({ path, migrationFile: { content } }) =>
      applied.has(`${path} ${createHash('sha256').update(content.value).digest('hex')}`),
    );
  } finally {
    await database.dispose();
  }
}

const missing = (error: NodeJS.ErrnoException): null => {
  if (error.code === 'ENOENT') return null;
  throw error;
};
