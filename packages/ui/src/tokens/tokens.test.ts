import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { contrast } from './contrast.ts';
import { tokensCss } from './css.ts';
import { colours, shapePairs, textPairs } from './tokens.ts';

const themes = [
  ['light', 0],
  ['dark', 1],
] as const;

test('black on white is 21 to 1', () => {
  assert.equal(Math.round(contrast([0, 0, 0], [1, 0, 0])), 21);
});

test('tokens.css is what the table says', () => {
  assert.equal(readFileSync(new URL('./tokens.css', import.meta.url), 'utf8'), tokensCss());
});

for (const [theme, index] of themes) {
  test(`words reach 4.5 to 1 in the ${theme} theme`, () => {
    const low = textPairs
      .map(([text, ground]) => ({
        text,
        ground,
        ratio: contrast(colours[text][index], colours[ground][index]),
      }))
      .filter(({ ratio }) => ratio < 4.5);
    assert.deepEqual(low, []);
  });

  test(`shapes reach 3 to 1 in the ${theme} theme`, () => {
    const low = shapePairs
      .map(([shape, ground]) => ({
        shape,
        ground,
        ratio: contrast(colours[shape][index], colours[ground][index]),
      }))
      .filter(({ ratio }) => ratio < 3);
    assert.deepEqual(low, []);
  });
}
