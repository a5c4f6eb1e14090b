import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatAgo, formatBytes, formatBytesShort, formatPercent, parseBytes, shortId } from './format.ts';

test('bytes are binary with three figures', () => {
  const rows = [
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1 KiB'],
    [88_080_384, '84 MiB'],
    [1_342_177_280, '1.25 GiB'],
    [1_073_741_823, '1 GiB'],
    [-1, '—'],
    [null, '—'],
  ] as const;
  for (const [bytes, text] of rows) assert.equal(formatBytes(bytes), text);
  assert.equal(formatBytesShort(88_080_384), '84M');
  assert.equal(formatBytesShort(12), '12B');
});

test('sizes people type', () => {
  const rows = [
    ['512m', 536_870_912],
    ['1.5 GiB', 1_610_612_736],
    ['64', 64],
    ['64b', 64],
    ['lots', null],
    ['-1', null],
  ] as const;
  for (const [text, bytes] of rows) assert.equal(parseBytes(text), bytes);
});

test('shares and ages', () => {
  assert.equal(formatPercent(0.034), '3.4 %');
  assert.equal(formatPercent(1.04), '104 %');
  assert.equal(formatAgo(0, 2_000), 'just now');
  assert.equal(formatAgo(0, 172_900_000), '2 d ago');
  assert.equal(formatAgo(180_000, 0), 'in 3 min');
  assert.equal(shortId(`sha256:${'3f2a9c1b'.repeat(8)}`), '3f2a9c1b3f2a');
});
