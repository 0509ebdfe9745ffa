import assert from 'node:assert/strict';
import { test } from 'node:test';
import { grouped } from '../frame/options.js';

const entry = (value: string, group?: string) => ({ value, label: value.toUpperCase(), group });

test('a menu without groups stays one flat list', () => {
  const options = [entry('a'), entry('b')];
  assert.deepEqual(grouped(options), [{ heading: null, options }]);
});

test('entries stand under the heading of their group, in their order, and none is lost', () => {
  const options = [entry('a', 'One'), entry('b', 'One'), entry('c'), entry('d', 'Two'), entry('e', 'One')];
  const groups = grouped(options);
  assert.deepEqual(
    groups.map(group => group.heading),
    ['One', null, 'Two', 'One']
  );
  assert.deepEqual(
    groups.flatMap(group => group.options),
    options
  );
});
