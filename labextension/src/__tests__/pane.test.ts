import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromBase64, unpackArrays } from '../pane/arrays.js';
import { Store } from '../pane/store.js';

test('arrays arrive as they were sent', () => {
  const numbers = new Float64Array([1.5, -0, 1e300, Number.MIN_VALUE]);
  const base64 = Buffer.from(numbers.buffer).toString('base64');
  const { a } = unpackArrays({ a: { dtype: 'float64', shape: [4], base64 } });
  assert.deepEqual([...a], [...numbers]);
  assert.equal(fromBase64('').length, 0);
});

test('listeners of the store hear once, and only what changed', () => {
  const store = new Store({ a: 1, b: 2 });
  const heard: [string[], string][] = [];
  const stop = store.subscribe((changed, origin) => heard.push([[...changed], origin]));
  store.set({ a: 1, b: 3, c: NaN }, 'user');
  store.set({ c: NaN }, 'user');
  assert.deepEqual(heard, [[['b', 'c'], 'user']]);
  stop();
  store.set({ a: 9 }, 'kernel');
  assert.equal(heard.length, 1);
  assert.ok(Number.isNaN(store.number('missing')));
});

test('only a commit tells what a person wants', () => {
  const store = new Store({ a: 1 });
  const commits: unknown[] = [];
  store.onCommit(values => commits.push(values));
  store.set({ a: 2 }, 'user');
  store.set({ a: 3 }, 'user');
  assert.deepEqual(commits, []);
  store.commit(['a']);
  assert.deepEqual(commits, [{ a: 3 }]);
});
