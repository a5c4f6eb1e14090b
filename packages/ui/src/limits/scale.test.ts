import assert from 'node:assert/strict';
import { test } from 'node:test';
import { binaryScale, linearScale } from './scale.ts';

const mebibyte = 1024 ** 2;

test('cores go in even steps and stay inside the host', () => {
  const cores = linearScale({ min: 0.05, capacity: 2, step: 0.05, largeStep: 0.5 });
  assert.equal(cores.fromPosition(0), 0.05);
  assert.equal(cores.fromPosition(1), 2);
  assert.equal(cores.next(0.5, 1, false), 0.55);
  assert.equal(cores.next(0.05, -1, false), 0.05);
  assert.equal(cores.next(1.9, 1, true), 2);
  assert.equal(cores.fromPosition(cores.toPosition(0.5)), 0.5);
});

test('memory goes in binary steps, eight to a doubling', () => {
  const memory = binaryScale({ min: 8 * mebibyte, capacity: 8192 * mebibyte });
  assert.equal(memory.toPosition(256 * mebibyte), 0.5);
  assert.equal(memory.fromPosition(0.5), 256 * mebibyte);
  assert.equal(memory.next(256 * mebibyte, 1, false), 288 * mebibyte);
  assert.equal(memory.next(256 * mebibyte, -1, false), 240 * mebibyte);
  assert.equal(memory.next(256 * mebibyte, 1, true), 512 * mebibyte);
  assert.equal(memory.next(8192 * mebibyte, 1, false), 8192 * mebibyte);
  assert.equal(memory.next(8 * mebibyte, -1, false), 8 * mebibyte);
});
