import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AdvisorModel, type AdvisorOptions } from '../behaviours/advisor-model.js';
import { designTicks, levelsOf } from '../behaviours/advisor-columns.js';
import { between, Known } from '../behaviours/advisor-information.js';
import type { AdvisorHeld } from '../behaviours/advisor-numbers.js';
import { contours, ground } from '../behaviours/contours.js';

const near = (a: number, b: number, rel = 1e-9) => assert.ok(Math.abs(a - b) <= rel * Math.abs(b), `${a} is not ${b}`);
const area = (path: [number, number][]) =>
  path.reduce((sum, [x, y], k) => sum + x * path[(k + 1) % path.length][1] - path[(k + 1) % path.length][0] * y, 0) / 2;

const CANDIDATES = [2e8, 1e9, 1e9, 2e10, 4e9, 8e9, 5e8, 1e11, 2e9, 1e9];
const OPTIONS: AdvisorOptions = {
  formula: 'E + A / N**alpha + B / D**beta',
  inputs: ['N', 'D'],
  names: ['E', 'A', 'alpha', 'B', 'beta'],
  logged: [true, true, false, true, false],
  centre: { E: 1.8, A: 480, alpha: 0.35, B: 2000, beta: 0.37 },
  scatter: 0.006,
  z: 1.96,
  budgets: [1e20, 1e25, 5],
  perHours: 1.4e18,
  perDollars: 5.7e17,
  edge: 1e20,
  ratios: [2, 300],
  params: [1e8, 2e10],
  tokens: [5e8, 3e11],
  grid: [12, 10],
  pinned: [{ place: 0, kind: 'plain' }, { place: 2, kind: 'exponent' }],
  drawn: { random: [3, 2], 'on the frontier': [1, 2] },
  advised: [[2e8, 1e9], [5e8, 1e11]],
  snap: true,
  searched: { answer: 'params', flops: 1e23, setup: 25, spend: 3000 },
  check: { batch: { value: 9e10, low: 7e10, high: 1.2e11 } },
  simulated: true,
  titles: {}
};
const INVERSE = Float64Array.from({ length: 25 }, (_, k) => (k % 6 === 0 ? 0.01 : 0.001));
const SLOPES = Float64Array.from({ length: 30 }, (_, k) => [25 + Math.floor(k / 6) / 2, 0.1, 2, -6, -1.4, 5][k % 6]);
const HELD: AdvisorHeld = {
  answer: 'params',
  flops: 1e23,
  unit: 'dollars',
  setup: 25,
  spend: 3000,
  scatter: 0.006,
  batch: [[2e8, 1e9], [5e8, 1e11]]
};

const model = (options: AdvisorOptions = OPTIONS) =>
  new AdvisorModel(options, {
    inverse: INVERSE,
    candidates: Float64Array.from(CANDIDATES),
    offered: Float64Array.of(0, 1, 2, 3, 4),
    done: Float64Array.of(3e8, 6e9),
    'answer.params': SLOPES,
    'answer.tokens': SLOPES,
    'answer.loss': SLOPES,
    'drawn.random': Float64Array.of(0, 1, 2, 3, 1, 4),
    'drawn.on the frontier': Float64Array.of(1, 2)
  });

test('a run takes off what inverting the information with and without it says', () => {
  const known = new Known(Float64Array.of(2, 0.5, 0.5, 1), 0.5);
  const after = known.with([1, 2]).inverse;
  // (V^-1 + s s'/scatter^2)^-1 by hand.
  const det = 2 * 1 - 0.25;
  const [a, b, d] = [1 / det + 4, -0.5 / det + 8, 2 / det + 16];
  const inverse = [d, -b, -b, a].map(v => v / (a * d - b * b));
  after.forEach((v, k) => near(v, inverse[k]));
});

test('between two budgets an answer that is a power of the budget is exact', () => {
  for (const flops of [1e20, 3e20, 4e22, 1e25]) {
    const [centre, slope] = between([1e20, 1e25, 5], SLOPES, flops);
    near(centre, 25 + (0.5 * Math.log10(flops / 1e20)) / 1.25);
    near(slope, 0.1);
  }
});

test('moving a run away from the advised ones widens the interval, and the check is no longer shown', () => {
  const seen = model().see(HELD);
  assert.equal(seen.values['answer.own'], false);
  assert.equal(seen.columns['design-checks'].y.length, 1);
  const moved = model().see({ ...HELD, batch: [[1e9, 2e10], [5e8, 1e11]] });
  assert.equal(moved.values['answer.own'], true);
  assert.equal(moved.columns['design-checks'].y.length, 0);
  assert.equal(moved.values['answer.best'], seen.values['answer.after']);
});

test('twice the scatter doubles every interval on a log scale and changes no share', () => {
  const [once, twice] = [HELD, { ...HELD, scatter: 0.012 }].map(held => model().see({ ...held, batch: HELD.batch }));
  const width = (of: typeof once, name: string) => {
    const row = of.found.rows.get(name);
    assert.ok(row);
    return Math.log(row.high / row.low);
  };
  // The covariance of the coefficients grows with the scatter of the runs behind it.
  near(width(twice, 'now'), 2 * width(once, 'now'));
  near(width(twice, 'batch'), 2 * width(once, 'batch'));
  near(twice.found.narrower, once.found.narrower);
});

test('all columns of a source are of one length, whatever is asked', () => {
  for (const held of [HELD, { ...HELD, answer: 'loss' as const, flops: 3e20 }, { ...HELD, setup: 0, spend: 10 }]) {
    for (const [name, columns] of Object.entries(model().see(held).columns)) {
      assert.equal(new Set(Object.values(columns).map(column => column.length)).size, 1, name);
    }
  }
});

test('a run is dropped on the nearest candidate that is free, and an arrow key leads to the next one', () => {
  const free = model();
  assert.deepEqual(free.place(9e8, 1.8e10, []), [1e9, 2e10]);
  assert.deepEqual(free.place(9e8, 1.8e10, [[1e9, 2e10]]), [4e9, 8e9]);
  assert.deepEqual(free.step([1e9, 2e10], 1, 0, [[1e9, 2e10]]), [4e9, 8e9]);
  assert.deepEqual(free.step([4e9, 8e9], 1, 0, []), [4e9, 8e9], 'nothing further right');
  const grid = model({ ...OPTIONS, snap: false });
  assert.deepEqual(grid.place(9.123e8, 1e15, []), [9.12e8, 3e11], 'inside the map, three digits');
});

test('a hill has one closed line, a hole in it stays open, a slope has an open line', () => {
  const heights = new Float64Array(81);
  for (let i = 1; i < 8; i++) {
    heights.fill(1, i * 9 + 1, i * 9 + 8);
  }
  heights[40] = 0;
  const field = { columns: 9, rows: 9, heights };
  const [outer, hole] = contours(field, 0.5).map(area).sort((a, b) => b - a);
  near(outer, 48.5);
  near(hole, -0.5);
  near(area(ground(field, 0.5)), 48);
  const slope = { columns: 3, rows: 3, heights: [0, 1, 2, 0, 1, 2, 0, 1, 2] };
  const [line] = contours(slope, 0.5);
  assert.deepEqual(line.map(point => point[0]), [0.5, 0.5, 0.5]);
  near(Math.abs(area(ground(slope, 0.5))), 3);
});

test('levels and ticks are round', () => {
  assert.deepEqual(levelsOf(0.37), [0.1, 0.2, 0.3]);
  assert.deepEqual(levelsOf(0.9), [0.2, 0.4, 0.6, 0.8]);
  assert.deepEqual([...designTicks(6e10, 3.7e11, 'params').values()], ['100 B', '200 B']);
  assert.deepEqual([...designTicks(1.95, 2.02, 'loss').values()].length >= 2, true);
});
