import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Store } from '../pane/store.js';
import { cellAt, nearest, startStudy, type StudyOptions } from '../behaviours/study.js';
import type { Context } from '../behaviours/index.js';

const cell = (models: number, share: number) => ({
  state: { 'study.models': models, 'study.share': share, 'answer.are': `${models} at ${share}` },
  columns: { chosen: { x: [share], y: [models] } }
});

const OPTIONS: StudyOptions = {
  figure: 'main',
  families: 'families',
  names: ['a', 'b'],
  models: [2, 3, 6],
  shares: [0.4, 1],
  luck: 1,
  cells: { '2|0.4': cell(2, 0.4), '3|0.4': cell(3, 0.4), '2|1': cell(2, 1), '3|1': cell(3, 1), '6|1': cell(6, 1) }
};

function started(live = true) {
  const store = new Store({ 'study.models': 6, 'study.share': 1 });
  const sources: Record<string, { data: unknown }> = { chosen: { data: null } };
  const asked: unknown[] = [];
  const frames: (() => void)[] = [];
  const page = globalThis as any;
  page.requestAnimationFrame = (work: () => void) => frames.push(work);
  page.cancelAnimationFrame = () => undefined;
  page.document = {
    createElement: () => ({ setAttribute: () => undefined, addEventListener: () => undefined, remove: () => undefined, style: {} })
  };
  const context = {
    store,
    view: { byName: (name: string) => sources[name] ?? null, local: (work: () => void) => work(), rootView: () => null, element: () => null },
    arrays: {},
    ask: () => undefined,
    background: (action: string, args: unknown) => asked.push([action, args]),
    live: () => live
  } as unknown as Context;
  const behaviour = startStudy(OPTIONS, context);
  const settle = () => frames.splice(0).forEach(work => work());
  settle();
  return { store, sources, asked, settle, behaviour };
}

test('a place of the map is its cell, and a place without one is none', () => {
  assert.equal(nearest([0.4, 1], 0.69), 0);
  assert.equal(nearest([0.4, 1], 0.71), 1);
  assert.equal(cellAt(OPTIONS, 1, 2)?.state['answer.are'], '6 at 1');
  assert.equal(cellAt(OPTIONS, 0, 2), null);
  assert.equal(cellAt(OPTIONS, 7, 0), null);
});

test('a slider between two cells stands on the nearer one, and words and figures follow', () => {
  const { store, sources, settle } = started();
  store.set({ 'study.models': 2.7, 'study.share': 0.55 }, 'user');
  settle();
  assert.equal(store.get('answer.are'), '3 at 0.4');
  assert.equal(store.number('study.models'), 3);
  assert.deepEqual(sources.chosen.data, { x: [0.4], y: [3] });
});

test('a cell that was not fitted leaves the picture as it is', () => {
  const { store, sources, settle } = started();
  const before = sources.chosen.data;
  store.set({ 'study.share': 0.4 }, 'user');
  settle();
  assert.equal(sources.chosen.data, before);
});

test('another share asks for its choices once, and only when it is settled on and there is a kernel', () => {
  const { store, asked, settle } = started();
  store.set({ 'study.models': 2, 'study.share': 0.4 }, 'user');
  settle();
  assert.deepEqual(asked, []);
  store.commit(['study.share']);
  store.commit(['study.share']);
  assert.deepEqual(asked, [['luck', { share: 0.4 }]]);
  const without = started(false);
  without.store.set({ 'study.models': 2, 'study.share': 0.4 }, 'user');
  without.store.commit(['study.share']);
  assert.deepEqual(without.asked, []);
});
