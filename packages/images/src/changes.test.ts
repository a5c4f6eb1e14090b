import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyChanges } from './changes.ts';

test('instructions change the config as a Dockerfile would', () => {
  const config = applyChanges({ Env: ['PATH=/bin', 'A=old'] }, [
    'CMD ["sh", "-c", "true"]',
    'entrypoint /run me',
    'ENV A=1 B="two words" C=three\\ words',
    "ENV OLD the 'rest of' it",
    'EXPOSE 80 53/udp 8000-8002',
    'USER app:app',
    'VOLUME ["/data", "/more"]',
    'VOLUME /third',
    'WORKDIR /srv',
    'WORKDIR app',
    'LABEL a=b "c d"="e f"',
    'STOPSIGNAL SIGQUIT',
    'HEALTHCHECK --interval=1m30s --timeout=500ms --retries=3 CMD curl -f http://localhost',
  ]);
  assert.deepEqual(config, {
    Env: ['PATH=/bin', 'A=1', 'B=two words', 'C=three words', 'OLD=the rest of it'],
    Cmd: ['sh', '-c', 'true'],
    Entrypoint: ['/bin/sh', '-c', '/run me'],
    ExposedPorts: { '80/tcp': {}, '53/udp': {}, '8000/tcp': {}, '8001/tcp': {}, '8002/tcp': {} },
    User: 'app:app',
    Volumes: { '/data': {}, '/more': {}, '/third': {} },
    WorkingDir: '/srv/app',
    Labels: { a: 'b', 'c d': 'e f' },
    StopSignal: 'SIGQUIT',
    Healthcheck: {
      Interval: 90e9,
      Timeout: 5e8,
      Retries: 3,
      Test: ['CMD-SHELL', 'curl -f http://localhost'],
    },
  });
});

test('what cannot be applied is refused by name', () => {
  const refused: [line: string, message: RegExp][] = [
    ['RUN true', /^run is not a valid change command$/],
    ['', /not a valid change command/],
    ['CMD', /CMD requires at least one argument/],
    ['ENV A', /Must be of the form: name=value/],
    ['ENV A="x', /unterminated quote/],
    ['EXPOSE 99999', /invalid containerPort: 99999/],
    ['EXPOSE 80/icmp', /invalid containerPort/],
    ['STOPSIGNAL rm -rf', /Invalid signal/],
    ['HEALTHCHECK --interval=soon CMD x', /invalid duration "soon" for --interval/],
    ['HEALTHCHECK curl', /Unknown type "curl" in HEALTHCHECK/],
  ];
  for (const [line, message] of refused) {
    assert.throws(() => applyChanges({}, [line]), { kind: 'invalid-parameter', message }, line);
  }
});
