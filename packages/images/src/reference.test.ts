import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonicalString, familiarString, parseReference, withDefaultTag } from './reference.ts';

const digest = `sha256:${'a'.repeat(64)}`;

const valid: [text: string, canonical: string, familiar: string][] = [
  ['busybox', 'docker.io/library/busybox:latest', 'busybox:latest'],
  ['docker.io/busybox', 'docker.io/library/busybox:latest', 'busybox:latest'],
  ['index.docker.io/library/busybox:1', 'docker.io/library/busybox:1', 'busybox:1'],
  ['user/app:v1.2-rc_3', 'docker.io/user/app:v1.2-rc_3', 'user/app:v1.2-rc_3'],
  ['library/a/b', 'docker.io/library/a/b:latest', 'library/a/b:latest'],
  ['localhost/app', 'localhost/app:latest', 'localhost/app:latest'],
  ['localhost:5000/a/b/c', 'localhost:5000/a/b/c:latest', 'localhost:5000/a/b/c:latest'],
  ['Registry/app', 'Registry/app:latest', 'Registry/app:latest'],
  ['[::1]:5000/app', '[::1]:5000/app:latest', '[::1]:5000/app:latest'],
  [`busybox@${digest}`, `docker.io/library/busybox@${digest}`, `busybox@${digest}`],
  [`a.b/c:t@${digest}`, `a.b/c:t@${digest}`, `a.b/c:t@${digest}`],
  ['my__app--x.y', 'docker.io/library/my__app--x.y:latest', 'my__app--x.y:latest'],
];

const invalid: [text: string, message: string | RegExp][] = [
  ['', 'invalid reference format'],
  ['Busybox', 'invalid reference format: repository name (library/Busybox) must be lowercase'],
  ['a:b:c', 'invalid reference format'],
  ['a b', 'invalid reference format'],
  ['-a', 'invalid reference format'],
  ['a//b', 'invalid reference format'],
  ['../../etc', 'invalid reference format'],
  ['a___b', 'invalid reference format'],
  ['a:', 'invalid reference format'],
  [`a:${'t'.repeat(129)}`, 'invalid reference format'],
  ['a@sha256:abc', 'invalid reference format'],
  [`a@sha512:${'a'.repeat(128)}`, 'unsupported digest algorithm'],
  ['f'.repeat(64), /cannot specify 64-byte hexadecimal strings/],
  [`x/${'a'.repeat(255)}`, 'repository name must not be more than 255 characters'],
  ['a'.repeat(5000), 'invalid reference format'],
];

test('references are read as Docker reads them', () => {
  for (const [text, canonical, familiar] of valid) {
    const reference = withDefaultTag(parseReference(text));
    assert.equal(canonicalString(reference), canonical, text);
    assert.equal(familiarString(reference), familiar, text);
  }
});

test('what is no reference is refused in the words of distribution/reference', () => {
  for (const [text, message] of invalid) {
    assert.throws(() => parseReference(text), { kind: 'invalid-parameter', message }, text.slice(0, 50));
  }
});
