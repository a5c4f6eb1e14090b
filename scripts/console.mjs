// Starts the console's server as an unprivileged user. Runs as root in a mount namespace of its own
// (started by `unshare --mount`), where the checkout is mounted read-only at a path that user can read:
// a clone below /root would otherwise be closed to it.
import { execFileSync } from 'node:child_process';
import { chownSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './lib/steps.mjs';

const { BERTH_CONSOLE_UID, BERTH_CONSOLE_GID, BERTH_CONSOLE_DATA } = process.env;
const uid = Number(BERTH_CONSOLE_UID);
const gid = Number(BERTH_CONSOLE_GID);
if (!uid || !gid || !BERTH_CONSOLE_DATA) throw new Error('console.mjs is started by npm start');

mkdirSync(BERTH_CONSOLE_DATA, { recursive: true, mode: 0o700 });
chownSync(BERTH_CONSOLE_DATA, uid, gid);

const application = '/run/berth-console';
mkdirSync(application, { recursive: true, mode: 0o755 });
execFileSync('mount', ['--bind', root, application]);
execFileSync('mount', ['-o', 'remount,bind,ro', application]);
process.chdir(join(application, 'apps/web'));
process.setgroups?.([gid]);
process.setgid?.(gid);
process.setuid?.(uid);
await import(pathToFileURL(join(application, 'apps/web/server/main.ts')).href);
