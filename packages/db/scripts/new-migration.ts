/**
 * Writes `prisma/migrations/<time>_<name>/migration.sql`: what schema.prisma has and the migrations lack.
 * The engine's own `createMigration` wants a shadow database, which its WebAssembly build cannot make for
 * SQLite; so the migrations are applied to a scratch file and that is compared with the schema.
 */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrationsFolder, openSchemaEngine, prismaFolder, readMigrations } from '../src/migrations.ts';

const filters = { externalTables: [], externalEnums: [] };
const [name] = process.argv.slice(2);
if (!name || !/^[a-z0-9_]+$/.test(name)) {
  console.error('usage: new-migration.ts NAME   (lower case letters, digits, _)');
  process.exit(2);
}

const scratch = await mkdtemp(join(tmpdir(), 'berth-migration-'));
try {
  using engine = await openSchemaEngine(join(scratch, 'present.db'));
  await engine.applyMigrations({ migrationsList: await readMigrations(), filters });
  const files = [
    { path: 'schema.prisma', content: await readFile(join(prismaFolder, 'schema.prisma'), 'utf8') },
  ];
  const { stdout } = await engine.diff({
    from: { tag: 'schemaDatasource', files, configDir: prismaFolder },
    to: { tag: 'schemaDatamodel', files },
    script: true,
    exitCode: null,
    filters,
  });
  const script = stdout?.trim() ?? '';
  if (script === '' || script === '-- This is an empty migration.') {
    console.log('Nothing to do: the migrations already make this schema.');
  } else {
    const time = new Date().toISOString().replaceAll(/[-:T]/g, '').slice(0, 14);
    const folder = join(migrationsFolder, `${time}_${name}`);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'migration.sql'), `${script}\n`);
    console.log(folder);
  }
} finally {
  await rm(scratch, { recursive: true, force: true });
}
