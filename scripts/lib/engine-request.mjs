// The few requests the start itself sends over the engine's socket.
import { createReadStream } from 'node:fs';
import { request } from 'node:http';

/** One request over the engine's socket; resolves with status and body. */
function engineRequest(socketPath, method, path, body) {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { socketPath, method, path, headers: { 'content-type': 'application/x-tar' } },
      (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (chunk) => (text += chunk));
        answer.once('end', () => resolve({ status: answer.statusCode, text }));
        answer.once('error', reject);
      },
    );
    outgoing.once('error', reject);
    if (body) body.pipe(outgoing);
    else outgoing.end();
  });
}

/** Without a registry in reach there must still be something to run. Resolves with what went wrong, if anything. */
export async function loadBusybox(socketPath, archive) {
  const { status } = await engineRequest(socketPath, 'GET', '/images/busybox:latest/json');
  if (status !== 404) return undefined;
  const loaded = await engineRequest(socketPath, 'POST', '/images/load?quiet=1', createReadStream(archive));
  return loaded.status === 200 ? undefined : `Could not load the local busybox image: ${loaded.text}`;
}
