import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAnsi, stripAnsi } from './ansi.ts';

test('colours and weights become spans', () => {
  assert.deepEqual(parseAnsi('a\u001b[1;31mred\u001b[0m b'), [
    { text: 'a' },
    { text: 'red', bold: true, colour: 'var(--term-red)' },
    { text: ' b' },
  ]);
  assert.deepEqual(parseAnsi('\u001b[38;5;196mx\u001b[38;2;1;2;3my\u001b[39mz\u001b[97;44mw'), [
    { text: 'x', colour: 'rgb(255 0 0)' },
    { text: 'y', colour: 'rgb(1 2 3)' },
    { text: 'z' },
    { text: 'w', colour: 'var(--term-bright-white)', background: 'var(--term-blue)' },
  ]);
});

test('other control sequences are left out', () => {
  assert.equal(stripAnsi('\u001b[2K\u001b[1Gdone\r\u001b]0;title\u0007 ok\u0007'), 'done ok');
  assert.deepEqual(parseAnsi(''), []);
});
