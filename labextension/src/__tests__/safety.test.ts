/* eslint-disable @typescript-eslint/no-explicit-any */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync, deflateSync } from 'node:zlib';
import { definitionsFirst } from '../pane/order.js';
import { checkScene, inflate, LIMITS, readScene } from '../pane/safety.js';

const packed = (numbers: number[]) => ({
  type: 'ndarray',
  array: { type: 'bytes', data: gzipSync(new Uint8Array(new Float64Array(numbers).buffer)).toString('base64') },
  shape: [numbers.length],
  dtype: 'float64',
  order: 'little'
});

/** A figure as the kernel saves it, small. */
function scene(change: (scene: any) => void = () => undefined): any {
  const whole = {
    protocol: 1,
    kind: 'law-fitter',
    bokeh: '3.9.2',
    document: {
      version: '3.9.2',
      title: 'law-fitter',
      config: { type: 'object', name: 'DocumentConfig', id: 'm0', attributes: {} },
      roots: [
        {
          type: 'object',
          name: 'Figure',
          id: 'm1',
          attributes: {
            name: 'main',
            sizing_mode: 'stretch_both',
            background_fill_color: '#ffffff',
            x_range: { type: 'object', name: 'Range1d', id: 'm2', attributes: { start: 0, end: 1 } },
            title: { type: 'object', name: 'Title', id: 'm3', attributes: { text: 'Loss <of> each run' } },
            toolbar: { type: 'object', name: 'Toolbar', id: 'm9', attributes: { logo: null, tools: [] } },
            renderers: [
              {
                type: 'object',
                name: 'GlyphRenderer',
                id: 'm4',
                attributes: {
                  data_source: {
                    type: 'object',
                    name: 'ColumnDataSource',
                    id: 'm5',
                    attributes: {
                      data: { type: 'map', entries: [['x', packed([1, 2, 3])], ['label', ['a', 'b', 'c']]] }
                    }
                  },
                  glyph: {
                    type: 'object',
                    name: 'Scatter',
                    id: 'm6',
                    attributes: {
                      x: { type: 'field', field: 'x' },
                      fill_color: { type: 'value', value: 'rgba(1, 2, 3, 0.5)' },
                      size: { type: 'value', value: 4 }
                    }
                  }
                }
              }
            ]
          }
        }
      ]
    },
    frame: { label: 'A law', sentence: [{ runs: [{ text: '<b>not markup</b>' }] }] },
    state: { 'target.params': 7e9 },
    behaviours: [{ name: 'law-curves', options: { formula: 'E + A / N**alpha' } }],
    arrays: { E: { dtype: 'float64', shape: [2], base64: Buffer.from(new Float64Array([1, 2]).buffer).toString('base64') } },
    summary: 'A figure.',
    table: { columns: ['a', 'b'], rows: [[1, 'x'], [null, 'y']] },
    themes: { light: [['m6', 'fill_color', '#ffffff']], dark: [['m6', 'fill_color', '#000000']] }
  };
  change(whole);
  return whole;
}

const root = (s: any) => s.document.roots[0].attributes;
const add = (s: any, name: string, attributes: any = {}) => {
  root(s).renderers.push({ type: 'object', name, id: 'm99', attributes });
};

/** What never ends fails; how long it takes is no test. */
const HANGS = { timeout: 60_000 };

test('a figure as the kernel saves it is drawn', () => {
  assert.deepEqual(checkScene(scene()).ok, true);
});

const HOSTILE: [string, (s: any) => void][] = [
  ['a script', s => add(s, 'CustomJS', { code: 'window.__pwned = 1' })],
  ['a script in a formatter', s => add(s, 'CustomJSTickFormatter', { code: 'x' })],
  ['a script in a hover', s => add(s, 'CustomJSHover', { code: 'x' })],
  ['a script behind an expression', s => add(s, 'CustomJSExpr', { code: 'x' })],
  ['a script behind a transform', s => (root(s).renderers[0].attributes.glyph.attributes.x.transform = { type: 'object', name: 'CustomJSTransform', id: 'm98', attributes: {} })],
  ['a link', s => add(s, 'OpenURL', { url: 'https://example.org' })],
  ['markup', s => add(s, 'Div', { text: '<img src=x onerror=alert(1)>' })],
  ['a paragraph', s => add(s, 'Paragraph', { text: 'x' })],
  ['a template', s => add(s, 'Template', {})],
  ['an html tooltip', s => add(s, 'Tooltip', { content: { type: 'object', name: 'HTML', id: 'm97' } })],
  ['a picture from elsewhere', s => add(s, 'ImageURL', { url: 'https://example.org/x.png' })],
  ['map tiles', s => add(s, 'TileRenderer', {})],
  ['a data source that fetches', s => add(s, 'AjaxDataSource', { data_url: 'https://example.org' })],
  ['an icon of markup', s => add(s, 'SVGIcon', { svg: '<svg onload=alert(1)>' })],
  ['an icon by name', s => add(s, 'TablerIcon', { icon_name: 'x' })],
  ['a style sheet', s => (root(s).stylesheets = [{ type: 'object', name: 'InlineStyleSheet', id: 'm96', attributes: { css: '*{}' } }])],
  ['a style sheet as text', s => (root(s).stylesheets = ['@import url(https://example.org/x.css)'])],
  ['styles', s => (root(s).styles = { type: 'map', entries: [['background', 'url(https://example.org)']] })],
  ['classes', s => (root(s).css_classes = ['jp-Button'])],
  ['attributes of elements', s => (root(s).html_attributes = { type: 'map', entries: [['onclick', 'alert(1)']] })],
  ['an id of an element', s => (root(s).html_id = 'main')],
  ['callbacks of properties', s => (root(s).js_property_callbacks = { type: 'map', entries: [['change:name', [{ id: 'm6' }]]] })],
  ['callbacks of events', s => (root(s).js_event_callbacks = { type: 'map', entries: [['tap', [{ id: 'm6' }]]] })],
  ['subscriptions', s => (root(s).subscribed_events = { type: 'set', entries: ['tap'] })],
  ['tooltips of markup', s => add(s, 'HoverTool', { tooltips: '<div>@x{safe}</div>' })],
  ['tooltips as a list', s => add(s, 'HoverTool', { tooltips: [['a', '@x{safe}']] })],
  ['a tap that runs something', s => add(s, 'TapTool', { callback: { id: 'm6' } })],
  ['a menu', s => (root(s).context_menu = { id: 'm6' })],
  ['elements over the plot', s => (root(s).elements = [{ id: 'm6' }])],
  ['text for a typesetter', s => (root(s).title.attributes.text = '$$x^2$$')],
  ['text for a typesetter in data', s => (root(s).renderers[0].attributes.data_source.attributes.data.entries[1][1][0] = '\\(x\\)')],
  ['text for a typesetter as a key', s => (root(s).title.attributes.tags = [{ '\\[x\\]': 1 }])],
  ['an address in a colour', s => (root(s).background_fill_color = 'url(https://example.org)')],
  ['a style in a colour', s => (root(s).background_fill_color = 'red; background: blue')],
  ['an address in a colour column', s => (root(s).renderers[0].attributes.glyph.attributes.fill_color = { type: 'value', value: 'URL (//x)' })],
  ['an address as a font', s => (root(s).title.attributes.text_font = "x; src: url('//example.org')")],
  ['a size that is text', s => (root(s).title.attributes.offset = 'calc(1px)')],
  ['a layer that is markup', s => (root(s).title.attributes.level = '<b>')],
  ['definitions of models', s => (s.document.defs = [{ type: 'model', name: 'Evil' }])],
  ['callbacks of the document', s => (s.document.callbacks = { type: 'map', entries: [['document_ready', [{ id: 'm6' }]]] })],
  ['more parts in the document', s => (s.document.extra = 1)],
  ['an unknown model', s => add(s, 'Evil')],
  ['a model of an inherited name', s => add(s, 'constructor')],
  ['a model of a wrong name', s => add(s, 3 as any)],
  ['a symbol', s => (root(s).title.attributes.text = { type: 'symbol', name: 'x' })],
  ['an expression', s => (root(s).renderers[0].attributes.glyph.attributes.x = { type: 'expr', expr: { id: 'm6' } })],
  ['a typed array', s => (root(s).x_range.attributes.bounds = { type: 'typed_array', array: { type: 'bytes', data: '' }, order: 'little', dtype: 'float64' })],
  ['an array of an unknown kind', s => (root(s).renderers[0].attributes.data_source.attributes.data.entries[0][1].dtype = 'object64')],
  ['an array of endless size', s => (root(s).renderers[0].attributes.data_source.attributes.data.entries[0][1].shape = [1e6, 1e6])],
  ['an array of no size', s => (root(s).renderers[0].attributes.data_source.attributes.data.entries[0][1].shape = [-1])],
  ['another protocol', s => (s.protocol = 2)],
  ['no bokeh version', s => (s.bokeh = '<script>')],
  ['a behaviour of markup', s => (s.behaviours[0].name = '<img src=x>')],
  ['too many behaviours', s => (s.behaviours = Array(1000).fill(s.behaviours[0]))],
  ['a branching state', s => (s.state.x = { y: 1 })],
  ['an array that lies about its size', s => (s.arrays.E.shape = [3])],
  ['an array of another kind', s => (s.arrays.E.dtype = 'float32')],
  ['a ragged table', s => s.table.rows.push([1])],
  ['a table of branches', s => s.table.rows.push([{}, 1])],
  ['a theme that sets code', s => s.themes.dark.push(['m6', 'js_property_callbacks', '#000000'])],
  ['a theme that sets more than a colour', s => s.themes.dark.push(['m6', 'fill_color', { type: 'object' }])],
  ['a frame of too many parts', s => (s.frame.sections = Array.from({ length: 30_000 }, (_, i) => [i]))],
  ['a frame that is text', s => (s.frame = 'x')],
  ['a text without end', s => (s.summary = 'x'.repeat(LIMITS.text + 1))],
  ['a prototype', s => (s.frame = JSON.parse('{"__proto__": {"polluted": true}}'))],
  ['a constructor', s => (root(s).title.attributes.tags = [{ constructor: 1 }])]
];

for (const [what, change] of HOSTILE) {
  test(`refused with a sentence: ${what}`, () => {
    const verdict = checkScene(scene(change));
    assert.equal(verdict.ok, false);
    assert.match((verdict as any).why, /^[A-Z].*\.$/);
    assert.doesNotMatch((verdict as any).why, /[<>]/);
  });
}

for (const value of [null, undefined, 3, 'text', [], {}, { protocol: 1 }]) {
  test(`refused: ${JSON.stringify(value)} in place of a figure`, () => {
    assert.equal(checkScene(value).ok, false);
  });
}

test('nothing that is set to nothing is a reason to refuse', () => {
  const verdict = checkScene(
    scene(s => {
      root(s).stylesheets = [];
      root(s).js_property_callbacks = { type: 'map' };
      root(s).subscribed_events = { type: 'set', entries: [] };
      root(s).context_menu = null;
      add(s, 'HoverTool', { tooltips: null, callback: null });
    })
  );
  assert.deepEqual(verdict.ok, true);
});

test('fifty megabytes are refused', HANGS, () => {
  const wide = scene(s => (s.table.rows = Array.from({ length: 4_000_000 }, () => [0, 0])));
  let deep: any = 1;
  for (let i = 0; i < 1_000_000; i++) {
    deep = [deep];
  }
  const text = scene(s => (root(s).title.attributes.text = 'x'.repeat(50_000_000)));
  const texts = scene(s => (root(s).title.attributes.tags = Array(20_000).fill('x'.repeat(2500))));
  const base64 = scene(s => (root(s).renderers[0].attributes.data_source.attributes.data.entries[0][1].array.data = 'A'.repeat(50_000_000)));
  for (const whole of [wide, scene(s => (s.frame.deep = deep)), text, texts, base64]) {
    assert.equal(checkScene(whole).ok, false);
  }
});

test('columns are unzipped before BokehJS sees them, to the byte', async () => {
  const good = scene();
  await inflate(good.document);
  const { array } = root(good).renderers[0].attributes.data_source.attributes.data.entries[0][1];
  assert.deepEqual([...new Float64Array(array.data.buffer)], [1, 2, 3]);
});

test('a column that holds more than it says is not unzipped to its end', HANGS, async () => {
  const bomb = scene(s => {
    const column = root(s).renderers[0].attributes.data_source.attributes.data.entries[0][1];
    column.array.data = gzipSync(new Uint8Array(200_000_000)).toString('base64');
  });
  assert.equal(checkScene(bomb).ok, true);
  await assert.rejects(inflate(bomb.document), /more than it says/);
});

test('a column that holds less than it says is refused', async () => {
  const short = scene(s => (root(s).renderers[0].attributes.data_source.attributes.data.entries[0][1].shape = [4]));
  await assert.rejects(inflate(short.document), /does not have the size/);
});

test('a zipped scene is read, a zip bomb is not', HANGS, async () => {
  const zip = (text: Uint8Array) => ({ packed: deflateSync(text).toString('base64') });
  assert.equal((await readScene(zip(new TextEncoder().encode(JSON.stringify(scene()))))).ok, true);
  assert.equal((await readScene(scene())).ok, true);
  assert.equal((await readScene(zip(new Uint8Array(300_000_000).fill(32)))).ok, false);
  assert.equal((await readScene({ packed: 'not base64 %%%' })).ok, false);
  assert.equal((await readScene({ packed: 3 })).ok, false);
  assert.equal((await readScene(zip(new TextEncoder().encode('{"protocol": 1')))).ok, false);
});

/** Keys in alphabetical order, as notebook files are written. */
function sorted(value: any): any {
  if (Array.isArray(value)) {
    return value.map(sorted);
  }
  if (value && typeof value === 'object') {
    return Object.fromEntries(Object.keys(value).sort().map(key => [key, sorted(value[key])]));
  }
  return value;
}

test('definitions stand before their references however the file was sorted', () => {
  const axis = { type: 'object', name: 'LinearAxis', id: 'a', attributes: { tags: [{ id: 'r' }] } };
  const document = sorted({ roots: [{ type: 'object', name: 'Figure', id: 'r', attributes: { left: [axis], center: [{ type: 'object', name: 'Grid', id: 'g', attributes: { axis: { id: 'a' } } }] } }] });
  const written = definitionsFirst(document);
  const { center, left } = written.roots[0].attributes;
  assert.equal(center[0].attributes.axis.name, 'LinearAxis');
  assert.deepEqual(center[0].attributes.axis.attributes.tags, [{ id: 'r' }]);
  assert.deepEqual(left, [{ id: 'a' }]);
  assert.deepEqual(definitionsFirst({ roots: [{ id: 'nowhere' }] }), { roots: [{ id: 'nowhere' }] });
});
