/** Opens the console's database: SQLite through libsql, one file, readable by its owner only. */
import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { PrismaLibSql } from '@prisma/adapter-libsql';
import { PrismaClient } from './generated/client.ts';
import { databaseUrl, migrate } from './migrations.ts';

export interface Database extends AsyncDisposable {
  readonly client: PrismaClient;
  /** Migrations applied by this opening. */
  readonly migrated: readonly string[];
}

/** Makes the file (mode 0600) if it is missing, migrates it, and returns a connected client. */
export async function createDatabase({ file }: { file: string }): Promise<Database> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await restrict(file);
  const migrated = await migrate(file);
  const client = new PrismaClient({ adapter: new PrismaLibSql({ url: databaseUrl(file) }) });
  await client.$connect();
  return { client, migrated, [Symbol.asyncDispose]: () => client.$disconnect() };
}

/** SQLite gives its journals the mode of the main file, so one chmod before the first write covers all. */
async function restrict(file: string): Promise<void> {
  await using handle = await open(file, 'a', 0o600);
  await handle.chmod(0o600);
}
