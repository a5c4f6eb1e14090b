import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DetachScanner, defaultDetachKeys, parseDetachKeys } from './detach-keys.ts';

test('keys are read as Docker writes them', () => {
  assert.deepEqual(parseDetachKeys(undefined), [0x10, 0x11]);
  assert.deepEqual(parseDetachKeys('ctrl-a,x,ctrl-@'), [1, 120, 0]);
  assert.throws(() => parseDetachKeys('ctrl-!'), /Unknown character: 'ctrl-!'/);
});

function typed(...chunks: string[]): { passed: string; detached: boolean } {
  const scanner = new DetachScanner(defaultDetachKeys);
  let passed = '';
  for (const chunk of chunks) {
    const { forward, detached } = scanner.scan(Buffer.from(chunk, 'latin1'));
    passed += forward.toString('latin1');
    if (detached) return { passed, detached };
  }
  return { passed, detached: false };
}

test('the keys detach, also across chunks, and never reach the process', () => {
  assert.deepEqual(typed('ls\x10\x11rest'), { passed: 'ls', detached: true });
  assert.deepEqual(typed('a\x10', '\x11'), { passed: 'a', detached: true });
  assert.deepEqual(typed('\x10\x10\x11'), { passed: '\x10', detached: true });
});

test('a beginning that goes on otherwise is passed on whole', () => {
  assert.deepEqual(typed('\x10', 'x'), { passed: '\x10x', detached: false });
  assert.deepEqual(typed('plain'), { passed: 'plain', detached: false });
});
