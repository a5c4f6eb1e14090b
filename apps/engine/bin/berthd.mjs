#!/usr/bin/env node
// Entry of berthd that any Node can read: continues in the Node that was installed with Berth when this one is too old.
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const needed = 26;
const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

if (Number(process.versions.node.split('.')[0]) >= needed) {
  await import(main);
} else {
  continueIn(installedNode());
}

function installedNode() {
  try {
    const manifest = createRequire(import.meta.url).resolve('node/package.json');
    return join(dirname(manifest), 'bin/node');
  } catch {
    process.stderr.write(
      `berthd: Node ${needed} or newer is needed, this is ${process.versions.node}; run "npm run setup" first\n`,
    );
    return process.exit(1);
  }
}

function continueIn(node) {
  const args = [main, ...process.argv.slice(2)];
  // Where Node can replace its own process, no second one stays behind.
  if (typeof process.execve === 'function' && !process.send)
    process.execve(node, [node, ...args], process.env);
  const child = spawn(node, args, {
    stdio: ['inherit', 'inherit', 'inherit', ...(process.send ? ['ipc'] : [])],
  });
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('message', (message) => process.send?.(message));
  if (process.send) process.once('disconnect', () => child.connected && child.disconnect());
  child.on('error', (error) => {
    process.stderr.write(`berthd: cannot run ${node}: ${error.message}\n`);
    process.exitCode = 1;
  });
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? 1;
    if (signal) process.stderr.write(`berthd: ended by ${signal}\n`);
  });
}
