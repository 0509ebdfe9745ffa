import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApproachesModel } from '../behaviours/approaches.js';
import { clipped, inside, type ColumnOptions } from '../behaviours/approaches-columns.js';
import { stepEnds, stepSize, type Held, type Step } from '../behaviours/approaches-numbers.js';

const LAW = [1.0, 1.02, 0.97, 1.05].flatMap(f => [1.82, 482 * f, 0.348, 2085 / f, 0.366]);
const POWERS = [0.512, -2.9, 0.52, -3.2, 0.505, -2.6, NaN, NaN];
const STEPS: Step[] = [
  { name: "Kaplan's recipe", short: "Kaplan's recipe", change: '', exponent: 0.8337679322841748, low: 0.8235, high: 0.846, coefficient: 4.509820786815405e-8 },
  { name: 'optimiser tuned', short: 'tune the optimiser', change: '', exponent: 0.49702879549161855, low: 0.4907, high: 0.5045, coefficient: 0.11819903781389161 }
];
const OPTIONS: ColumnOptions = {
  level: 0.95,
  edge: 1e22,
  low: 1e18,
  peak: 989.4e12,
  biased: 0.05,
  clean: [0.529, -3.5],
  seen: [0.9, 1.1],
  shares: [-0.05, 0.08],
  ladders: { ratio: [[1.5, 1.25, 1.5], [2, 1.4, 2], [5, 2, 5], [100, 10, 100]], share: [[0.1, 0.05, 0.1], [0.5, 0.25, 0.5], [30, 15, 30]] },
  margin: 1.12,
  room_right: 0.03,
  label_at: 0.3,
  pixels: 220,
  beside: 24,
  room: 34,
  params: [1e7, 1e11],
  tokens: [1e8, 1e13],
  path: [0.4, 0.9],
  reach: [1.25e16, 2.56e19],
  steps: STEPS
};
const HELD: Held = { budget: 5.7e23, unit: 'dollars', utilisation: 0.4, price: 2.5, step: 1 };
const model = (arrays: Record<string, number[]> = { one: POWERS, two: POWERS }) =>
  new ApproachesModel(OPTIONS, { law: LAW, ...arrays });

test('the five published steps say what they would train, and their swing is about the middle of the data', () => {
  assert.ok(Math.abs(stepSize(STEPS[0], 5.7e23) / 2.891e12 - 1) < 1e-3);
  assert.ok(Math.abs(stepSize(STEPS[1], 5.7e23) / 75.85e9 - 1) < 1e-3);
  const [low, high] = stepEnds(STEPS[0], 5.7e23, OPTIONS.reach);
  assert.ok(low < 2.6e12 && high > 3.3e12);
  const middle = Math.sqrt(1.25e16 * 2.56e19);
  const ends = stepEnds(STEPS[0], middle, OPTIONS.reach);
  assert.ok(ends.every(end => Math.abs(end / stepSize(STEPS[0], middle) - 1) < 1e-9));
});

test('an approach that the runs do not carry says nothing, and the others stay', () => {
  const { values, columns } = model({ two: POWERS }).see(HELD);
  assert.equal(values['one.params'], '–');
  assert.notEqual(values['two.params'], '–');
  assert.deepEqual(columns['ratio-name-one'].text, []);
  assert.equal(columns['ratio-name-two'].text.length, 1);
});

test('a resample without a line does not spoil the interval', () => {
  const { values } = model().see(HELD);
  assert.match(String(values['one.params_range']), /^\[\d/);
});

test('dollars and hours are said of the same compute', () => {
  const { values } = model().see({ ...HELD, unit: 'hours' });
  assert.match(String(values['answer.budget']), /GPU-hours$/);
  assert.match(String(values['budget.others']), /FLOP, \$1\.0 M$/);
});

test('labels keep apart and inside their figure', () => {
  const at = [2, 3, 4, 218];
  const moved = inside(at, 34, 220);
  const places = at.map((a, k) => a + moved[k]).sort((a, b) => a - b);
  assert.ok(places[0] >= 0 && places[3] <= 220);
  places.slice(1).forEach((place, k) => assert.ok(place - places[k] >= 34 - 1e-9));
});

test('a line is drawn as far as its frame reaches', () => {
  const cut = clipped([1, 100], [1, 100], [0.1, 10]);
  assert.ok(Math.abs(cut.x[1] - 10) < 1e-9);
  assert.deepEqual(clipped([1, 100], [20, 200], [0.1, 10]), { x: [], y: [] });
});
