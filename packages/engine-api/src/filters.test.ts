import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isEngineError } from './errors.ts';
import { booleanFilter, checkFilterNames, parseFilters } from './filters.ts';

const refused = (error: unknown): boolean => isEngineError(error) && error.kind === 'invalid-parameter';

test('both JSON forms mean the same', () => {
  const expected = { label: ['a', 'b=c'] };
  assert.deepEqual({ ...parseFilters('{"label":["a","b=c"]}') }, expected);
  assert.deepEqual({ ...parseFilters('{"label":{"a":true,"b=c":true,"no":false}}') }, expected);
  assert.deepEqual({ ...parseFilters(undefined) }, {});
});

for (const raw of ['{', '[]', '5', '{"label":"a"}', '{"label":[1]}']) {
  test(`${raw} is refused`, () => assert.throws(() => parseFilters(raw), refused));
}

test('a filter the call does not know is named', () => {
  assert.throws(() => checkFilterNames({ colour: ['red'] }, ['label']), /invalid filter 'colour'/);
  checkFilterNames(parseFilters('{"label":["a"]}'), ['label']);
});

test('yes/no filters', () => {
  assert.equal(booleanFilter({ dangling: ['1'] }, 'dangling'), true);
  assert.equal(booleanFilter({ dangling: ['false'] }, 'dangling'), false);
  assert.equal(booleanFilter({}, 'dangling'), undefined);
  assert.throws(() => booleanFilter({ dangling: ['maybe'] }, 'dangling'), refused);
  assert.throws(() => booleanFilter({ dangling: ['1', '0'] }, 'dangling'), refused);
});
