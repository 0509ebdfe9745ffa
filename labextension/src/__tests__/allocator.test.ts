import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AllocatorModel, following, type AllocatorOptions } from '../behaviours/allocator.js';
import { endsOf, Rule, SplitLaw, type Search } from '../behaviours/allocator-law.js';
import type { Held } from '../behaviours/allocator-numbers.js';
import { Course } from '../behaviours/crossing.js';

const FIT = [1.82, 482, 0.348, 2085, 0.366];
/** The fit and a few resamples around it. */
const ROWS = [1, 1.02, 0.97, 1.05, 0.99, 1.01].flatMap(f => [FIT[0], FIT[1] * f, FIT[2], FIT[3] / f, FIT[4]]);
const SEARCH: Search = {
  aspect: 128,
  halvings: 44,
  margin: 1e3,
  room: 1.5,
  table: 65,
  dataDecay: 15.387756,
  sizeDecay: 5.309743
};
const OPTIONS: AllocatorOptions = {
  rows: 6,
  inBands: 400,
  inSearch: 200,
  level: 0.95,
  search: SEARCH,
  rules: { '6ND': '6 N D', attention: '6 N D and attention', moe: '6 N D, active parameters' },
  reach: [1e18, 1e27],
  budgets: [1e19, 1e20],
  near: 0.12,
  linePoints: 25,
  barPoints: 9,
  mapPoints: 40,
  contours: 13,
  short: 1.6,
  map: [548, 402],
  growthPixels: 140,
  labelRoom: 52,
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
  tokens: 5.7e23 / 6 / 3e10,
  rule: '6ND',
  context: 4096,
  active: 0.25,
  unique: { on: false, at: 1e12 },
  memory: { on: false, at: 80 },
  deadline: { on: false, at: 30 }
};
/** Params, tokens and losses of two runs. */
const RUNS = [1e8, 1e9, 2e9, 2e10, 3.5, 2.7];
const model = () => new AllocatorModel(OPTIONS, { rows: ROWS, runs: RUNS });
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
  'plan.keep': 'budget',
  'rule.kind': '6ND',
  'rule.context': 4096,
  'rule.active': 0.25,
  'limit.unique': 'off',
  'limit.unique.at': 1e12
};
const split = (rule = new Rule(), unique = Infinity) => new SplitLaw(ROWS, rule, unique, OPTIONS.reach, SEARCH);

for (const [name, law] of Object.entries({
  'six': split(),
  'attention': split(Rule.of('attention', 65536, 1, SEARCH)),
  'active': split(Rule.of('moe', 0, 0.2, SEARCH)),
  'repeated': split(new Rule(), 5e10),
  'both': split(Rule.of('attention', 65536, 1, SEARCH), 5e10)
})) test(`the best model beats its neighbours on the same budget, and the cheapest run of its loss is itself: ${name}`, () => {
  const best = law.best(1e23);
  for (let r = 0; r < law.rows; r++) {
    for (const factor of [0.8, 1.2]) {
      const size = best.params[r] * factor;
      assert.ok(law.loss(r, size, law.tokens(1e23, size)) > best.loss[r]);
    }
    near(law.cheapest(r, best.loss[r]), 1e23, 3e-4);
    near(law.frontierTokens(r, best.params[r]), best.tokens[r], 1e-6);
  }
  assert.equal(law.cheapest(0, 1.5), Infinity);
});

test('without resamples there is no interval, and an infinite end is not averaged', () => {
  assert.ok(Number.isNaN(endsOf(Float64Array.of(3), 0.95).low));
  const { low, high } = endsOf(Float64Array.of(3, 1, 2, Infinity), 0.95);
  assert.deepEqual([low, high], [1, Infinity]);
});

test('thinning keeps the fit first and the last resample last', () => {
  const part = split().part(2);
  assert.equal(part.rows, 3);
  near(part.loss(0, 1e10, 1e12), split().loss(0, 1e10, 1e12));
  near(part.loss(2, 1e10, 1e12), split().loss(5, 1e10, 1e12));
});

test('all columns of a source are of one length, whatever the plan and the budget', () => {
  const limits = { unique: { on: true, at: 1e11 }, memory: { on: true, at: 16 }, deadline: { on: true, at: 2 } };
  for (const held of [
    HELD,
    { ...HELD, budget: 1e18 },
    { ...HELD, params: 1e13, tokens: 1e15 },
    { ...HELD, params: 1e7 },
    { ...HELD, ...limits, rule: 'attention' },
    { ...HELD, ...limits, rule: 'moe', gpus: 1 }
  ]) {
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
  const found = model().see(HELD).values;
  const best = { 'answer.size': Number(found['answer.size']), 'answer.data': Number(found['answer.data']) };
  const next = after('plan.snap', { ...STATE, ...best, 'plan.snap': 'true' });
  const { values } = model().see({ ...HELD, params: next['plan.params'], tokens: next['plan.tokens'] });
  assert.ok(Number(values['plan.waste']) < 1e-9);
});

test('a limit that is switched on moves the optimum, and says so', () => {
  const free = model().see(HELD).values;
  const small = model().see({ ...HELD, gpus: 8, memory: { on: true, at: 80 } }).values;
  assert.ok(Number(small['answer.size']) < Number(free['answer.size']));
  assert.match(String(small['answer.limits']), /^Memory holds no more than/);
  const quick = model().see({ ...HELD, deadline: { on: true, at: 3 } }).values;
  near(Number(quick['answer.size']) * Number(quick['answer.data']) * 6, 989.4e12 * 0.4 * 86400 * 3 * 1024);
  assert.match(String(quick['answer.limits']), /^The deadline leaves/);
  assert.equal(quick['limit.fits'], 'misses the deadline');
  const few = model().see({ ...HELD, unique: { on: true, at: 1e11 } }).values;
  assert.match(String(few['answer.limits']), /reads its tokens/);
  assert.ok(Number(few['answer.best_loss']) > Number(free['answer.best_loss']));
});

test('a plan on the budget costs it by any rule', () => {
  const state = { ...STATE, 'rule.kind': 'attention', 'rule.context': 65536 };
  const law = split(Rule.of('attention', 65536, 1, SEARCH));
  near(law.flops(3e10, after('rule.kind', state)['plan.tokens']), 5.7e23);
  near(law.flops(after('plan.tokens', { ...state, 'plan.tokens': 1e12 })['plan.params'], 1e12), 5.7e23);
});

test('a search ends on a crossing, a jump or an end, and next places cost a few steps', () => {
  let asked = 0;
  const line = (at: number) => (asked++, 3 - 2 * at);
  const course = new Course(1, 1);
  assert.ok(Math.abs(course.at(0, 0.2, -5, 5, line) - 1.5) < 1e-9);
  assert.ok(asked <= 3, `${asked} steps on a line`);
  const jump = (at: number) => (at < 0.75 ? 4 : -1e-3);
  assert.ok(Math.abs(new Course(1, 1).at(0, -4, -5, 5, jump) - 0.75) < 1e-8);
  assert.ok(Math.abs(new Course(1, 1).at(0, 0, -5, 5, () => -1) + 5) < 1e-8);
  assert.ok(Math.abs(new Course(1, 1).at(0, 0, -5, 5, at => (at > 2 ? NaN : 1)) - 2) < 1e-8);
  asked = 0;
  for (let k = 0; k < 100; k++) {
    const here = k / 20;
    const found = course.at(here, 0, -50, 50, at => (asked++, Math.log(2 + here) - Math.sinh(at - here) - at / 9));
    assert.ok(Math.abs(Math.log(2 + here) - Math.sinh(found - here) - found / 9) < 1e-8);
  }
  assert.ok(asked < 400, `${asked} steps for a hundred neighbours`);
});

test('sliders of sequences and of unique tokens stay smooth: a picture asks each row a few times a point', () => {
  const drawn = model();
  let asked = 0;
  const counted = SplitLaw.prototype as unknown as Record<'weigh', (...args: number[]) => void>;
  const weigh = counted.weigh;
  counted.weigh = function (...args: number[]) {
    asked++;
    weigh.apply(this, args);
  };
  try {
    for (const limit of [{ rule: 'attention', context: 65536 }, { unique: { on: true, at: 3e11 } }]) {
      asked = 0;
      drawn.see({ ...HELD, ...limit });
      // A table of 65, two bands of 21 points and a dozen more for each of six rows; halving took 36 steps for each.
      assert.ok(asked < 6 * (65 + 2 * 21 + 12) * 8, `${asked} steps`);
    }
  } finally {
    counted.weigh = weigh;
  }
});
