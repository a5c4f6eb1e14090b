import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { allCapabilities, capabilityMask, capabilityNumber, defaultCapabilities } from './capabilities.ts';

test('capabilities have the numbers of the kernel', () => {
  assert.equal(capabilityNumber('CAP_CHOWN'), 0);
  assert.equal(capabilityNumber('sys_admin'), 21);
  assert.equal(capabilityNumber('CAP_CHECKPOINT_RESTORE'), 40);
  // The mask Docker's containers show in /proc/self/status.
  assert.equal(capabilityMask(defaultCapabilities), 0xa804_25fbn);
  assert.throws(() => capabilityNumber('CAP_NONSENSE'), {
    kind: 'invalid-parameter',
    message: /CAP_NONSENSE/,
  });
});

test('all capabilities are all this kernel has', () => {
  const last = Number(readFileSync('/proc/sys/kernel/cap_last_cap', 'utf8'));
  assert.equal(capabilityMask(allCapabilities()), (1n << BigInt(last + 1)) - 1n);
});
