import assert from 'node:assert/strict';
import { test } from 'node:test';
import { versionsAgree, VersionClash } from '../pane/bokehjs.js';
import { bufferMap, newViewId, ownBuffers, RevisionQueue } from '../pane/protocol.js';
import { modelClosed, modelCreated, whenModel } from '../pane/registry.js';

interface Message {
  revision: number;
}

function queue() {
  const applied: number[] = [];
  return { applied, queue: new RevisionQueue<Message>(message => applied.push(message.revision)) };
}

test('what arrives before the document waits, and what the document holds is dropped', () => {
  const { applied, queue: q } = queue();
  [3, 4, 5, 6].forEach(revision => q.push({ revision }));
  assert.deepEqual(applied, []);
  q.open(4);
  assert.deepEqual(applied, [5, 6]);
  q.push({ revision: 4 });
  q.push({ revision: 7 });
  assert.deepEqual(applied, [5, 6, 7]);
});

test('while a new document is on its way changes wait again', () => {
  const { applied, queue: q } = queue();
  q.open(1);
  q.close();
  q.push({ revision: 2 });
  q.push({ revision: 3 });
  assert.deepEqual(applied, []);
  q.open(2);
  assert.deepEqual(applied, [3]);
});

test('no two views have one id', () => {
  const ids = new Set(Array.from({ length: 1000 }, newViewId));
  assert.equal(ids.size, 1000);
});

test('buffers of a message become buffers of their own, aligned for typed arrays', () => {
  const whole = new Uint8Array(3 + 16);
  new DataView(whole.buffer).setFloat64(3, 1.5, true);
  const [own] = ownBuffers([new DataView(whole.buffer, 3, 16)]);
  assert.equal(own.byteLength, 16);
  assert.equal(new Float64Array(own)[0], 1.5);
  assert.equal(bufferMap(['a'], [own]).get('a'), own);
});

test('a patch release of Bokeh is the same BokehJS, another minor release is not', () => {
  assert.ok(versionsAgree('3.9.2', '3.9.0'));
  assert.ok(!versionsAgree('3.9.2', '3.10.2'));
  assert.ok(!versionsAgree('2.4.3', '3.9.2'));
  assert.match(new VersionClash('2.4.3', '3.9.2').message, /2\.4\.3.*3\.9\.2.*reload the page/);
});

test('a saved output hears of its widget now or later, once', () => {
  const heard: object[] = [];
  const model = {};
  whenModel('one', m => heard.push(m));
  modelCreated('other', {});
  assert.equal(heard.length, 0);
  modelCreated('one', model);
  modelCreated('one', {});
  assert.deepEqual(heard, [model]);
  whenModel('other', m => heard.push(m));
  assert.equal(heard.length, 2);
  const stop = whenModel('third', m => heard.push(m));
  stop();
  modelCreated('third', {});
  assert.equal(heard.length, 2);
  modelClosed('one');
  whenModel('one', m => heard.push(m));
  assert.equal(heard.length, 2);
});
