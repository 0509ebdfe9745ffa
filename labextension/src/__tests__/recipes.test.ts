import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bestLoss, Pair, PowerCurve, spreadOf, TableCurve } from '../behaviours/best-loss.js';
import { apart, RecipeModel, type RecipeOptions } from '../behaviours/recipes.js';

/** A fit and `count` resamples around it: floor, factor, power. */
function rows(floor: number, factor: number, power: number, count = 200): Float64Array {
  let state = 7 + Math.round(1000 * floor);
  const wobble = () => {
    state = (1103515245 * state + 12345) % 2147483648;
    return state / 2147483648 - 0.5;
  };
  return Float64Array.from({ length: 3 * (count + 1) }, (_, i) => {
    const centre = [floor, factor, power][i % 3];
    return i < 3 || i % 3 === 2 ? centre : centre * (1 + 0.02 * wobble());
  });
}

const COUNT = 201;
const OPTIONS: RecipeOptions = {
  names: ['fast', 'low'],
  pair: [0, 1],
  paired: false,
  curves: [
    { kind: 'power', rows: COUNT },
    { kind: 'power', rows: COUNT }
  ],
  others: [],
  x: [1e18, 1e25],
  y: [1.7, 3.5],
  edge: 1e20,
  level: 0.95,
  points: 60,
  far: 1e12,
  tossUp: [0.4, 0.6],
  worth: [0.125, 8],
  gap: [-0.3, 0.3],
  judgedEdge: 0,
  peak: 989.4e12
};
const FLOP = { unit: 'flops', utilisation: 0.4, price: 2.5 };

function model(changes: Partial<RecipeOptions> = {}): RecipeModel {
  return new RecipeModel(
    { ...OPTIONS, ...changes },
    {
      'curve.0': rows(2.0, 900, 0.155),
      'curve.1': rows(1.8, 1150, 0.155),
      order: Float64Array.from({ length: COUNT - 1 }, (_, r) => (7 * r + 3) % (COUNT - 1))
    }
  );
}

test('a curve and its inverse belong together, and a loss below the floor is never reached', () => {
  const curve = new PowerCurve(Float64Array.of(1.8, 1000, 0.155));
  assert.ok(Math.abs(curve.reach(0, curve.at(0, 1e21)) / 1e21 - 1) < 1e-9);
  assert.equal(curve.reach(0, 1.8), Infinity);
  assert.equal(curve.reach(0, 1.0), Infinity);
});

test('a tabulated curve is the curve between its points, in both directions', () => {
  const exact = new PowerCurve(Float64Array.of(1.8, 1000, 0.155));
  const losses = Float64Array.from({ length: 61 }, (_, j) => exact.at(0, 10 ** (15 + j / 4)));
  const table = bestLoss({ kind: 'table', rows: 1, first: 15, perDecade: 4 }, losses);
  assert.ok(table instanceof TableCurve);
  for (const flops of [2.2e16, 1e20, 3.7e23, 8.1e28]) {
    assert.ok(Math.abs(table.at(0, flops) - exact.at(0, flops)) < 1e-4, `${flops}`);
    assert.ok(Math.abs(table.reach(0, exact.at(0, flops)) / flops - 1) < 1e-3, `${flops}`);
  }
  assert.equal(table.reach(0, 1.5), Infinity);
});

test('an interval with infinite ends has an end of its own, never one in between', () => {
  const draws = Float64Array.from({ length: 41 }, (_, i) => (i < 38 ? i : Infinity));
  const { low, high } = spreadOf(5, draws, 0.95);
  assert.equal(low, 1);
  assert.equal(high, Infinity);
  assert.ok(Number.isNaN(spreadOf(5, new Float64Array(0), 0.95).low), 'no resamples, no interval');
});

test('a recipe against itself in step is a toss-up worth its own compute', () => {
  const curve = new PowerCurve(rows(1.9, 900, 0.155));
  const same = Float64Array.from({ length: COUNT - 1 }, (_, r) => r);
  const pair = new Pair(curve, curve, same, 0.95);
  assert.equal(pair.probability(1e21), 0.5);
  assert.deepEqual(pair.difference(1e21), { value: 0, low: 0, high: 0 });
  assert.ok(Math.abs(pair.worth(1e21, true).value - 1) < 1e-9);
});

test('the verdict turns with the budget, and the sentence with it', () => {
  const known = model();
  const early = known.verdict(1e18, FLOP);
  const late = known.verdict(1e25, FLOP);
  assert.equal(early.values['answer.winner'], 'fast');
  assert.equal(late.values['answer.winner'], 'low');
  assert.equal(late.values['answer.beyond'], true);
  assert.equal(early.values['answer.beyond'], false);
  assert.ok(late.gap.value > 0 && early.gap.value < 0);
  assert.equal(late.values['answer.variant'], 'cannot', 'below the floor of the other no compute helps');
  assert.equal(late.values['answer.worth'], 'never');
  assert.match(String(early.values['answer.worth']), /^× /);
});

test('worth is turned with the better one, and a match that never comes stays off the axis', () => {
  const known = model();
  const forth = known.worth(true, OPTIONS.x)['worth-inside'].y;
  const back = known.worth(false, OPTIONS.x)['worth-inside'].y;
  assert.ok(Number(forth[0]) > 1 && Number(back[0]) < 1);
  const band = known.worth(false, OPTIONS.x)['worth-band'].high;
  assert.equal(Math.max(...Array.from(band as ArrayLike<number>)), OPTIONS.far);
});

test('the interval that leaves the axis ends in an arrow', () => {
  const known = model();
  const verdict = known.verdict(1e25, FLOP);
  const { y } = known.columns(1e25, verdict)['worth-ends'];
  assert.ok(Array.from(y).includes(8));
});

test('GPU-hours and dollars follow from the device, its utilisation and the price', () => {
  const flops = 989.4e12 * 0.4 * 3600 * 1000;
  const { values } = model().verdict(flops, { unit: 'hours', utilisation: 0.4, price: 2.5 });
  assert.equal(values['answer.budget'], '1,000 GPU-hours');
  assert.match(String(values['budget.others']), /\$2,500/);
  const dear = model().verdict(flops, { unit: 'dollars', utilisation: 0.2, price: 2.5 });
  assert.equal(dear.values['answer.budget'], '$5,000');
});

test('labels that would stand on each other give way to both sides', () => {
  assert.deepEqual(apart([0, 0], 10), [-5, 5]);
  assert.deepEqual(apart([0, 100], 10), [0, 0]);
});

test('all columns of a source are of one length, or marks would be gone without a word', () => {
  const known = model();
  for (const budget of [1e18, 1e21, 1e25]) {
    const verdict = known.verdict(budget, FLOP);
    const all = { ...known.columns(budget, verdict), ...known.standing([1e18, 1e26]), ...known.worth(true, OPTIONS.x) };
    for (const [name, columns] of Object.entries(all)) {
      const lengths = new Set(Object.values(columns).map(column => column.length));
      assert.equal(lengths.size, 1, name);
    }
  }
});
