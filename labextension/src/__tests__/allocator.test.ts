import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AllocatorModel, following, type AllocatorOptions } from '../behaviours/allocator.js';
import { endsOf, SplitLaw } from '../behaviours/allocator-law.js';
import type { Held } from '../behaviours/allocator-numbers.js';

const FIT = [1.82, 482, 0.348, 2085, 0.366];
/** The fit and a few resamples around it. */
const ROWS = [1, 1.02, 0.97, 1.05, 0.99, 1.01].flatMap(f => [FIT[0], FIT[1] * f, FIT[2], FIT[3] / f, FIT[4]]);
const OPTIONS: AllocatorOptions = {
  rows: 6,
  inBands: 400,
  level: 0.95,
  edge: 1e22,
  watts: { 'H100 SXM': 700 },
  params: [1e7, 1e13],
  tokens: [1e8, 1e15],
  growth: [1e7, 1e15],
  around: 8,
  points: 21,
  wasteTop: 0.55,
  devices: {
    'H100 SXM': { peak: 989.4e12, price: 2.5 },
    'A100 SXM 80 GB': { peak: 312e12, price: 1.5 }
  }
};
const HELD: Held = {
  budget: 5.7e23,
  unit: 'dollars',
  device: 'H100 SXM',
  gpus: 1024,
  utilisation: 0.4,
  price: 2.5,
  served: 2e12,
  servingUtilisation: 0.15,
  params: 3e10,
  tokens: 5.7e23 / 6 / 3e10
};
const model = () => new AllocatorModel(OPTIONS, { rows: ROWS });
const near = (a: number, b: number, rel = 1e-9) => assert.ok(Math.abs(a / b - 1) < rel, `${a} is not ${b}`);

/** What would follow a change, from a store that is a plain object. */
function after(changed: string, state: Record<string, number | string>): Record<string, number> {
  return following(new Set([changed]), key => Number(state[key]), key => String(state[key]), model());
}
const STATE = {
  'budget.flops': 5.7e23,
  'budget.unit': 'dollars',
  'hardware.device': 'H100 SXM',
  'hardware.utilisation': 0.4,
  'hardware.price': 2.5,
  'per.hours': 989.4e12 * 0.4 * 3600,
  'per.dollars': (989.4e12 * 0.4 * 3600) / 2.5,
  'plan.params': 3e10,
  'plan.tokens': 5.7e23 / 6 / 3e10,
  'plan.keep': 'budget'
};

test('the best model beats its neighbours on the same budget, and the cheapest run of its loss is itself', () => {
  const law = new SplitLaw(ROWS);
  const best = law.best(1e23);
  for (let r = 0; r < law.rows; r++) {
    for (const factor of [0.8, 1.2]) {
      assert.ok(law.loss(r, best.params[r] * factor, best.tokens[r] / factor) > best.loss[r]);
    }
    near(law.cheapest(r, best.loss[r]), 1e23, 1e-6);
  }
  assert.equal(law.cheapest(0, 1.5), Infinity);
});

test('without resamples there is no interval, and an infinite end is not averaged', () => {
  assert.ok(Number.isNaN(endsOf(Float64Array.of(3), 0.95).low));
  const { low, high } = endsOf(Float64Array.of(3, 1, 2, Infinity), 0.95);
  assert.deepEqual([low, high], [1, Infinity]);
});

test('thinning keeps the fit first and the last resample last', () => {
  const part = new SplitLaw(ROWS).part(2);
  assert.equal(part.rows, 3);
  near(part.loss(0, 1e10, 1e12), new SplitLaw(ROWS).loss(0, 1e10, 1e12));
  near(part.loss(2, 1e10, 1e12), new SplitLaw(ROWS).loss(5, 1e10, 1e12));
});

test('all columns of a source are of one length, whatever the plan and the budget', () => {
  for (const held of [HELD, { ...HELD, budget: 1e18 }, { ...HELD, params: 1e13, tokens: 1e15 }, { ...HELD, params: 1e7 }]) {
    for (const [name, columns] of Object.entries(model().see(held).columns)) {
      assert.equal(new Set(Object.values(columns).map(column => column.length)).size, 1, name);
    }
  }
});

test('a plan on the budget stays there when its size, its tokens or the budget change', () => {
  near(after('plan.params', { ...STATE, 'plan.params': 1e10 })['plan.tokens'], 5.7e23 / 6e10);
  near(after('plan.tokens', { ...STATE, 'plan.tokens': 1e12 })['plan.params'], 5.7e23 / 6e12);
  near(after('budget.flops', { ...STATE, 'budget.flops': 1e23 })['plan.tokens'], 1e23 / 18e10);
  assert.deepEqual(after('plan.params', { ...STATE, 'plan.keep': 'free' }), {});
});

test('dollars stay dollars when the device or its price changes; FLOP stay FLOP', () => {
  const dear = after('hardware.price', { ...STATE, 'hardware.price': 5 });
  near(dear['budget.flops'], 5.7e23 / 2);
  near(dear['plan.tokens'], 5.7e23 / 2 / 18e10);
  const other = after('hardware.device', { ...STATE, 'hardware.device': 'A100 SXM 80 GB' });
  assert.equal(other['hardware.price'], 1.5);
  near(other['budget.flops'], ((5.7e23 * 312) / 989.4) * (2.5 / 1.5));
  const fixed = after('hardware.price', { ...STATE, 'budget.unit': 'flops', 'hardware.price': 5 });
  assert.equal(fixed['budget.flops'], undefined);
});

test('energy is said only for a device whose watts somebody gave', () => {
  const held = { ...HELD, budget: 989.4e12 * 0.4 * 3600 * 1e6 };
  assert.equal(model().see(held).values['costs.energy.best'], '672 MWh');
  assert.equal(model().see({ ...held, device: 'A100 SXM 80 GB' }).values['costs.energy.best'], '–');
});

test('the plan that snaps to the optimum wastes nothing', () => {
  const next = after('plan.snap', { ...STATE, 'plan.snap': 'true' });
  const { values } = model().see({ ...HELD, params: next['plan.params'], tokens: next['plan.tokens'] });
  assert.ok(Number(values['plan.waste']) < 1e-9);
});
