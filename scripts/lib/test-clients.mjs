// The real docker CLI with the buildx and Compose plugins, taken from Debian's packages without installing
// them: the newest clients there are, whatever this Debian release ships.
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { cacheDir, run, SetupError, timedStep } from './steps.mjs';

/** Holds `docker` and `config/` (DOCKER_CONFIG, with the plugins). */
export const clientsDir = join(cacheDir, 'clients');
const suite = 'trixie';
const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';

function debianMirror() {
  const folder = '/etc/apt/sources.list.d';
  const files = [
    '/etc/apt/sources.list',
    ...(existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : []),
  ];
  for (const file of files.filter((path) => existsSync(path))) {
    const mirror = /https?:\/\/\S+\/debian\/?(?=\s|$)/m.exec(readFileSync(file, 'utf8'))?.[0];
    if (mirror) return mirror;
  }
  throw new SetupError(
    "No Debian mirror in this machine's apt sources: the docker CLI for the tests cannot be fetched.",
  );
}

/** Puts the clients in place once. */
export async function ensureTestClients() {
  const plugins = join(clientsDir, 'config/cli-plugins');
  if (['docker-buildx', 'docker-compose'].every((name) => existsSync(join(plugins, name)))) return;
  await timedStep('docker CLI, buildx and Compose for the tests', async () => {
    const apt = join(cacheDir, 'apt');
    for (const path of [
      plugins,
      join(apt, 'lists/partial'),
      join(apt, 'cache/archives/partial'),
      join(apt, 'deb'),
    ])
      mkdirSync(path, { recursive: true });
    writeFileSync(join(apt, 'sources.list'), `deb [signed-by=${keyring}] ${debianMirror()} ${suite} main\n`);
    const options = [
      '-qq',
      `-oDir::Etc::SourceList=${apt}/sources.list`,
      '-oDir::Etc::SourceParts=/dev/null',
      `-oDir::State::Lists=${apt}/lists`,
      `-oDir::Cache=${apt}/cache`,
      '-oAPT::Sandbox::User=root',
    ];
    await run('apt-get', [...options, 'update']).catch(async () => {
      // Older releases' keyrings do not know the newer suite's key; the packages only drive tests.
      writeFileSync(join(apt, 'sources.list'), `deb [trusted=yes] ${debianMirror()} ${suite} main\n`);
      await run('apt-get', [...options, 'update']);
    });
    await run('apt-get', [...options, 'download', 'docker-cli', 'docker-buildx', 'docker-compose'], {
      cwd: join(apt, 'deb'),
    });
    for (const name of readdirSync(join(apt, 'deb')))
      await run('dpkg', ['-x', join(apt, 'deb', name), join(apt, 'tree')]);
    const place = (from, to) => {
      copyFileSync(join(apt, 'tree', from), to);
      chmodSync(to, 0o755);
    };
    place('usr/bin/docker', join(clientsDir, 'docker'));
    for (const name of ['docker-buildx', 'docker-compose'])
      place(`usr/libexec/docker/cli-plugins/${name}`, join(plugins, name));
    rmSync(apt, { recursive: true, force: true });
  });
}
