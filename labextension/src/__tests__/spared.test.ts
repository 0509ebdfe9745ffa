/* eslint-disable @typescript-eslint/no-explicit-any */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { spareMarks } from '../pane/spared-marks.js';
import { Spared } from '../pane/spared.js';

const settled = () => new Promise(resolve => setTimeout(resolve));

/** As much of BokehJS as its marks are spared by: it says what it does, in order. */
function figure(displayed = true): { bokeh: any; plot: any; renderer: any; done: string[] } {
  const done: string[] = [];
  const bokeh = { require: () => ({ Indices: { all_set: (size: number) => `all ${size}` } }) };
  const renderer: any = {
    model: {},
    glyph: { data_size: 3 },
    async set_data() {
      done.push('data');
      await null;
      done.push(`mask ${this._update_masked_indices()}`);
    },
    _update_masked_indices: () => 'in the frame'
  };
  const plot: any = { is_displayed: displayed, paint: () => void done.push('paint') };
  spareMarks(bokeh, plot, [renderer]);
  return { bokeh, plot, renderer, done };
}

test('marks take their data in once for all that changed at a moment, and again for what changes later', async () => {
  const { renderer, plot, done } = figure();
  await Promise.all([renderer.set_data(), renderer.set_data([1])]);
  assert.deepEqual(done, ['data', 'mask all 3']);
  assert.equal(renderer._update_masked_indices(), 'in the frame', 'a painting asks for those in the frame');
  plot.paint();
  await renderer.set_data();
  assert.deepEqual(done.slice(2), ['paint', 'data', 'mask all 3']);
});

test('a figure that is folded away takes its data in before it is painted again, not sooner', async () => {
  const { renderer, plot, done } = figure(false);
  await renderer.set_data();
  await renderer.set_data();
  plot.paint();
  assert.deepEqual(done, ['paint'], 'BokehJS says what it does where nobody sees it');
  plot.is_displayed = true;
  plot.paint();
  plot.paint();
  await settled();
  assert.deepEqual(done.slice(1), ['data', 'mask all 3', 'paint']);
  plot.paint();
  assert.deepEqual(done.slice(4), ['paint']);
});

class Axis {
  measured = 0;
  ranges = [{ start: 0, end: 1 }];
  plot_view = { frame: { bbox: { width: 5, height: 5 } } };
  model = { change: signal(), ticker: { change: signal() } };
  get tick_coords(): number[] {
    return [];
  }
  get extents(): number {
    return ++this.measured;
  }
}

function signal(): { heard: (() => void)[]; connect(listener: () => void): void } {
  const heard: (() => void)[] = [];
  return { heard, connect: listener => void heard.push(listener) };
}

test('an axis is measured again where its ends, its size, its ticks or its looks are others', async () => {
  const axis = new Axis();
  const plot = { renderer_views: new Map([[1, axis]]), repaint: () => undefined, paint: () => undefined };
  const spared = new Spared({ require: () => ({}) }, [plot]);
  const measured = () => {
    assert.equal(axis.extents, axis.extents);
    return axis.measured;
  };
  assert.equal(measured(), 1);
  axis.ranges[0].end = 2;
  assert.equal(measured(), 2);
  axis.plot_view.frame.bbox.width = 6;
  assert.equal(measured(), 3);
  axis.model.ticker.change.heard.forEach(tell => tell());
  assert.equal(measured(), 4);
  await settled();
  assert.equal(measured(), 5, 'its words may be built a moment after it told of the change');
  spared.restyled();
  assert.equal(measured(), 6);
  spared.dispose();
});

test('what the styles of a page say is read once, until they are others', () => {
  let reads = 0;
  const visual: any = { _get_css_value: (name: string) => `${name} ${++reads}` };
  const renderer: any = { visuals: [visual], el: { isConnected: false } };
  const plot = { renderer_views: new Map([[1, renderer]]), repaint: () => undefined, paint: () => undefined };
  const spared = new Spared({ require: () => ({}) }, [plot]);
  assert.equal(visual._get_css_value('line-color'), 'line-color 1');
  renderer.el.isConnected = true;
  assert.equal(visual._get_css_value('line-color'), 'line-color 2', 'outside the page there are no styles');
  assert.equal(visual._get_css_value('line-color'), 'line-color 2');
  assert.equal(visual._get_css_value('line-width'), 'line-width 3');
  spared.restyled();
  assert.equal(visual._get_css_value('line-color'), 'line-color 4');
});
