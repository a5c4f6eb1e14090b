// Starts the console's server as an unprivileged user. Runs as root in a mount namespace of its own
// (started by `unshare --mount`), where the parts of the checkout it needs are mounted read-only at a path that user
// can read: a clone below /root would otherwise be closed to it.
import { execFileSync } from 'node:child_process';
import {
  accessSync,
  chmodSync,
  chownSync,
  constants,
  lstatSync,
  mkdirSync,
  readdirSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './lib/steps.mjs';

const { BERTH_CONSOLE_UID, BERTH_CONSOLE_GID } = process.env;
/** What the console runs from; links inside node_modules lead to packages. */
const served = ['apps', 'packages', 'node_modules', 'prisma', 'package.json'];
const uid = Number(BERTH_CONSOLE_UID);
const gid = Number(BERTH_CONSOLE_GID);
if (!uid || !gid || !process.env.BERTH_CONSOLE_DATA) throw new Error('console.mjs is started by npm start');

// Absolute before the working directory changes.
const dataFolder = resolve(process.env.BERTH_CONSOLE_DATA);
process.env.BERTH_CONSOLE_DATA = dataFolder;
prepareDataFolder(dataFolder);

const application = '/run/berth-console';
showCheckout();
process.chdir(join(application, 'apps/web'));
process.setgroups?.([gid]);
process.setgid?.(gid);
process.setuid?.(uid);
const main = join(application, 'apps/web/server/main.ts');
if (!isAccessible(main, constants.R_OK)) {
  process.stderr.write(
    `The console cannot start: the user berth-console cannot read the files of Berth. Run: chmod -R a+rX ${served.map((name) => join(root, name)).join(' ')}\n`,
  );
  process.exit(1);
}
if (!isAccessible(dataFolder, constants.R_OK | constants.W_OK | constants.X_OK)) {
  process.stderr.write(
    `The console cannot start: the user berth-console cannot reach ${dataFolder}. Choose a folder outside of private ones with --console-data.\n`,
  );
  process.exit(1);
}
await import(pathToFileURL(main).href);

/** The console's alone, mode 0700. A folder with somebody else's files is left as it is and refused. */
function prepareDataFolder(folder) {
  mkdirSync(dirname(folder), { recursive: true, mode: 0o755 });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const stat = lstatSync(folder);
  if (!stat.isDirectory() || (stat.uid !== uid && readdirSync(folder).length > 0)) {
    process.stderr.write(
      `The console cannot start: ${folder} belongs to somebody else. Choose an empty folder with --console-data.\n`,
    );
    process.exit(1);
  }
  chownSync(folder, uid, gid);
  chmodSync(folder, 0o700);
}

/** Each part by itself: the top of the checkout may be closed, and its history is not the console's business. */
function showCheckout() {
  mkdirSync(application, { recursive: true, mode: 0o755 });
  const mount = (...args) => execFileSync('mount', args);
  mount('-t', 'tmpfs', '-o', 'mode=0755,nosuid,nodev', 'berth-console', application);
  for (const name of served) {
    const [source, target] = [join(root, name), join(application, name)];
    if (lstatSync(source).isDirectory()) mkdirSync(target);
    else writeFileSync(target, '');
    mount('-o', 'bind,ro,nosuid,nodev', source, target);
  }
  mount('-o', 'remount,ro', application);
}

function isAccessible(path, mode) {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    // Whatever the reason, the console cannot work with it.
    return false;
  }
}
