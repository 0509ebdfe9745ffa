import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromBase64, unpackArrays } from '../pane/arrays.js';
import { isDrawing, withoutState, type Drawing } from '../pane/protocol.js';
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

test('what belongs together is told once, as what one origin brought about', () => {
  const store = new Store({ a: 1, b: 2 });
  const heard: [string[], string][] = [];
  store.subscribe((changed, origin) => heard.push([[...changed].sort(), origin]));
  store.together('kernel', () => {
    store.set({ a: 3 }, 'kernel');
    store.together('behaviour', () => store.set({ b: 4, a: 5 }, 'behaviour'));
    store.again('kernel');
    assert.equal(store.get('a'), 5, 'values are there at once');
    assert.deepEqual(heard, []);
  });
  assert.deepEqual(heard, [[['a', 'b'], 'kernel']]);
  store.again('kernel');
  assert.throws(() =>
    store.together('kernel', () => {
      store.set({ a: 6 }, 'kernel');
      throw new Error('broken');
    })
  );
  store.set({ b: 5 }, 'user');
  assert.deepEqual(heard.slice(1), [[[], 'kernel'], [['a'], 'kernel'], [['b'], 'user']]);
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

test('what is under the hand is not moved by others, and what it moved is named when it lets go', () => {
  const store = new Store({ a: 1, b: 1, c: 1 });
  const freed: string[][] = [];
  store.onFree(moved => freed.push([...moved].sort()));
  store.set({ a: 2 }, 'user');
  store.grip();
  assert.ok(store.inHand);
  store.set({ a: 3 }, 'user');
  store.set({ a: 9, b: 9 }, 'kernel');
  assert.equal(store.get('a'), 3);
  assert.equal(store.get('b'), 9, 'what the hand leaves alone follows');
  store.set({ c: 4 }, 'behaviour');
  store.commit(['a', 'c']);
  store.letGo();
  store.letGo();
  assert.deepEqual(freed, [['a', 'c']], 'what followed the hand and was let go of with it is its too');
  assert.ok(!store.inHand);
  store.set({ a: 5 }, 'kernel');
  assert.equal(store.get('a'), 5);
});

test('news that waited for the hand leaves what it moved, and loses nothing else', () => {
  const keys = new Set(['a']);
  const state = { a: 1, b: 2 };
  const told = { type: 'state', origin: null, state } as const;
  assert.deepEqual(withoutState(told, keys), { ...told, state: { b: 2 } });
  const scene = { type: 'scene', origin: null, revision: 3, scene: { state, summary: 'words' } } as unknown as Drawing;
  assert.deepEqual(withoutState(scene, keys), { ...scene, scene: { state: { b: 2 }, summary: 'words' } });
  const patch = { type: 'patch', origin: null, revision: 4, content: { events: [1] }, buffer_ids: [] } as Drawing;
  assert.deepEqual(withoutState(patch, keys), patch);
  assert.ok(isDrawing(scene));
  assert.ok(!isDrawing({ type: 'progress', view: 'v', id: 'i', done: 0, total: 1, label: '' }));
});
