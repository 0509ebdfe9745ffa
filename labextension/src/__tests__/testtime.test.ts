/** Test-time sampling without a page: logarithms, counts, menus and what follows a change of unit. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { logBetaRatio, logGamma, logMiss, tanhSinh } from '../behaviours/gammas.js';
import { apart } from '../behaviours/testtime-columns.js';
import { behind, Counts, resampleWeights } from '../behaviours/testtime-counts.js';
import { budgetLike, budgetOf, costsOf, share, type Facts, type Held } from '../behaviours/testtime-held.js';
import { evenTicks } from '../behaviours/testtime-map.js';
import { menu } from '../behaviours/testtime-menu.js';
import { systemsAt } from '../behaviours/testtime-systems.js';

const close = (found: number, wanted: number, tolerance = 1e-12) =>
  assert.ok(Math.abs(found - wanted) <= tolerance * Math.max(1, Math.abs(wanted)), `${found} is not ${wanted}`);

test('pass@k is that of the published cases, up to a million samples', () => {
  close(-Math.expm1(logMiss(10, 3, 5)), 0.9166666666666666);
  close(-Math.expm1(logMiss(200, 5, 100)), 0.9703083948, 1e-9);
  close(-Math.expm1(logMiss(10000, 1, 100)), 0.01);
  close(-Math.expm1(logMiss(1e6, 1, 1000)), 0.001);
  assert.equal(-Math.expm1(logMiss(5, 4, 2)), 1);
  assert.equal(-Math.expm1(logMiss(5, 0, 5)) + 0, 0);
});

test('Beta coverage and the logarithm of Gamma are those of closed cases', () => {
  close(-Math.expm1(logBetaRatio(1, 1, 10)), 10 / 11);
  close(-Math.expm1(logBetaRatio(3, 1, 10)), 10 / 13);
  close(-Math.expm1(logBetaRatio(0.5, 0.5, 10)), 0.823802947998047);
  close(logGamma(0.5), Math.log(Math.PI) / 2);
  close(logGamma(171), 706.5730622457874);
  const { p, weight } = tanhSinh();
  close(p.reduce((sum, x, j) => sum + weight[j] * x * x, 0), 1 / 3);
});

test('a verifier that passes nothing wrong thins, one that passes all picks at random', () => {
  close(behind(0.2, 5, 0.5, 0), 1 - 0.9 ** 5);
  close(behind(0.2, 5, 1, 1), 0.2);
  assert.equal(behind(0, 5, 0.9, 0.1), 0);
  assert.equal(behind(0.3, 0, 0.9, 0.1), 0);
});

test('resamples draw as many problems as there are', () => {
  const weights = resampleWeights(40, 50);
  for (let r = 0; r < 50; r++) {
    assert.equal(weights.slice(r * 40, (r + 1) * 40).reduce((a, b) => a + b, 0), 40);
  }
});

function counts(): Counts {
  const c = [...[0, 1, 4, 9, 30, 2], ...[3, 5, 20, 40, 90, 10]];
  const shapes = [0.5, 4, 0.5, 4, 1, 2, 1, 2];
  return new Counts(new Array(12).fill(100), c, shapes, 6, 200, 1);
}

test('of models that cost alike the better one is advised, and the cheaper one where it buys more', () => {
  const known = counts();
  assert.equal(menu(known, [1, 1], 10, null, [0.01, 0.01], 0.95).best, 1);
  const cheap = menu(known, [0.1, 9], 10, null, [0.001, 0.09], 0.95);
  assert.deepEqual(cheap.samples, [100, 1]);
  assert.equal(cheap.best, 0);
  assert.equal(menu(known, [20, 30], 10, null, [0.01, 0.01], 0.95).best, -1);
});

test('more samples than were drawn are fitted, never counted', () => {
  const found = menu(counts(), [1, 1], 150, null, [0.01, 0.01], 0.95);
  assert.deepEqual(found.fitted, [true, true]);
  assert.equal(found.rows, 1);
  close(found.solved[1], -Math.expm1(logBetaRatio(2, 1, 150)));
});

const FACTS: Facts = {
  models: [1e9, 8e9].map(params => ({
    label: `${params}`, size: params, params, price: null, dollars: null, tokens: null, seconds: null
  })),
  basis: 'device',
  peak: 989.4e12,
  sized: true,
  level: 0.95
};
const HELD: Held = {
  unit: 'dollars', dollars: 0.3, tokens: 1000, seconds: 1, worth: 0.01, verifier: 'noisy', right: 0.9, wrong: 0.01,
  sampleTokens: 320, hour: 2.5, utilisation: 0.2, factor: 1, shown: []
};

test('a budget in another unit buys the advised model as often', () => {
  for (const unit of ['tokens', 'seconds']) {
    const like = budgetLike(HELD, unit, 1, FACTS);
    const other = { ...HELD, unit, [unit]: like };
    const before = budgetOf(HELD) / costsOf(HELD, 'dollars', FACTS)[1];
    const after = budgetOf(other) / costsOf(other, unit, FACTS)[1];
    close(after, before, 0.005);
  }
});

test('prices of a list and of a log take the place of a device', () => {
  const models = FACTS.models.map(one => ({ ...one, price: 2, dollars: 0.01, tokens: 500, seconds: 3 }));
  close(costsOf(HELD, 'dollars', { ...FACTS, basis: 'list', models })[0], 320 * 2e-6);
  close(costsOf({ ...HELD, factor: 3 }, 'dollars', { ...FACTS, basis: 'recorded', models })[0], 0.03);
  assert.ok(Number.isNaN(costsOf(HELD, 'seconds', { ...FACTS, basis: 'list' })[0]));
});

test('shares are whole per cents, ticks are round, names keep apart', () => {
  assert.equal(share(0.2579), '26 %');
  assert.equal(share(0.029), '3 %');
  assert.equal(share(0.0035), '0.35 %');
  assert.equal(share(NaN), '–');
  assert.deepEqual(evenTicks(0.02, 0.33, 5), [0.1, 0.2, 0.3]);
  const moved = apart([10, 12, 40], 14);
  assert.ok(12 + moved[1] - (10 + moved[0]) >= 14 - 1e-9);
});

test('a budget below every system says what the cheapest takes', () => {
  const axis = {
    columns: {}, range: [1, 9] as [number, number], ticks: {}, title: '', names: ['a', 'b'], cost: [1, 5],
    value: [0.5, 0.7], low: [null, null], high: [null, null], probability: [null, null], front: [0, 1],
    hull: [0, 1], draws: 0, values: [0, 1] as [number, number], ranked: { 'rank.0.cost': '$1' }
  };
  const at = (budget: number) => systemsAt({ axes: { dollars: axis }, each: true }, 'dollars', budget).values;
  assert.equal(at(0.5)['answer.sure'], 'The cheapest, a, takes $1 per 1,000 problems.');
  assert.equal(at(3)['rank.0.cost'], '$1');
  assert.match(String(at(3)['answer.change']), /Sending 50 % of the problems to b mixes to 60 %\./);
});
