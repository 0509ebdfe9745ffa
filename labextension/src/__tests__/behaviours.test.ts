import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startBehaviour } from '../behaviours/index.js';
import { Following } from '../behaviours/frames.js';
import { startLawCurves, TargetModel, type CurveOptions } from '../behaviours/law-curves.js';
import { LawCurve, movedByHand } from '../behaviours/law.js';
import { geomspace, quantiles } from '../behaviours/numbers.js';
import { objectiveValue } from '../behaviours/objective.js';
import { nearest } from '../behaviours/pick-runs.js';
import { Store } from '../pane/store.js';

const FIT = { E: 1.817218, A: 477.826, B: 2143.417, alpha: 0.347311, beta: 0.367172 };
const LAW = {
  formula: 'E + A / N**alpha + B / D**beta',
  inputs: { N: 'params' as const, D: 'tokens' as const },
  coefficients: Object.keys(FIT),
  flopsPerParamToken: 6
};
const OPTIONS: CurveOptions = {
  ...LAW,
  fit: FIT,
  sizes: [1e8],
  x: [1e18, 1e24],
  y: [1.9, 3.9],
  inside: 1.28e22,
  level: 0.95,
  curvePoints: 80,
  bandPoints: 64
};

/** A cloud of 1,000 resamples around the fit, from a small generator with a fixed seed. */
function cloud(size = 1000) {
  let state = 12345;
  const uniform = () => {
    state = (1103515245 * state + 12345) % 2147483648;
    return state / 2147483648;
  };
  const normal = () => Math.sqrt(-2 * Math.log(uniform() + 1e-12)) * Math.cos(2 * Math.PI * uniform());
  const draws = Object.fromEntries(
    Object.entries(FIT).map(([name, value]) => [
      name,
      Float64Array.from({ length: size }, () => value * (1 + 0.01 * normal()))
    ])
  );
  return { draws, noise: Float64Array.from({ length: size }, () => 0.005 * normal()) };
}

test('quantiles are those of NumPy, so the band on screen is the band of the fit', () => {
  // numpy.quantile([3, 1, 4, 1, 5, 9, 2, 6], [.025, .5, .975]) = [1, 3.5, 8.475]
  const values = Float64Array.of(3, 1, 4, 1, 5, 9, 2, 6);
  const [low, middle, high] = quantiles(values, [0.025, 0.5, 0.975]);
  assert.equal(low, 1);
  assert.equal(middle, 3.5);
  assert.ok(Math.abs(high - 8.475) < 1e-12);
  assert.deepEqual(Array.from(values), [3, 1, 4, 1, 5, 9, 2, 6], 'the draws themselves stay in order');
});

test('quantiles agree with a full sort on many lengths', () => {
  for (let n = 1; n < 60; n++) {
    const values = Float64Array.from({ length: n }, (_, i) => Math.sin(i * 12.9898 + n) * 43758.5453);
    const sorted = Float64Array.from(values).sort();
    const levels = [0.025, 0.3, 0.975];
    const wanted = levels.map(level => {
      const at = level * (n - 1);
      const k = Math.floor(at);
      return k + 1 < n ? sorted[k] + (sorted[k + 1] - sorted[k]) * (at - k) : sorted[k];
    });
    quantiles(values, levels).forEach((q, i) => assert.ok(Math.abs(q - wanted[i]) <= 1e-9 * Math.abs(wanted[i])));
  }
});

test('a missing value in the draws is seen, not averaged away', () => {
  assert.ok(quantiles(Float64Array.of(1, NaN, 3), [0.5]).every(Number.isNaN));
});

test('a curve at one size follows D = C / 6N', () => {
  const law = new LawCurve(LAW);
  const flops = 6 * 7e9 * 1.4e12;
  const wanted = FIT.E + FIT.A / 7e9 ** FIT.alpha + FIT.B / 1.4e12 ** FIT.beta;
  assert.ok(Math.abs(law.at(7e9, flops, FIT) - wanted) < 1e-12);
  assert.ok(Math.abs(wanted - 2.0735) < 5e-4, 'the loss that the law gives for 7.0 B on 1.4 T');
});

test('the answer carries its interval, its distance to the data and whose coefficients it rests on', () => {
  const model = new TargetModel(OPTIONS, cloud());
  const { values, columns } = model.answer(7e9, 1.4e12, FIT);
  assert.equal(values['answer.variant'], 'fit');
  assert.equal(values['answer.beyond'], true);
  assert.ok(Math.abs(Number(values['answer.decades']) - Math.log10((6 * 7e9 * 1.4e12) / 1.28e22)) < 1e-12);
  assert.ok(Number(values['answer.low']) < Number(values['answer.loss']));
  assert.ok(Number(values['answer.run_low']) <= Number(values['answer.low']), 'one run varies more than the curve');
  assert.equal(columns['target-curve'].x.length, 80);
  const moved = model.answer(7e9, 1.4e12, { ...FIT, alpha: 0.4 });
  assert.equal(moved.values['answer.variant'], 'hand');
  assert.equal(moved.values['answer.fit_loss'], values['answer.fit_loss'], 'the fit is still said');
  assert.equal(moved.values['answer.low'], values['answer.low'], 'a coefficient moved by hand has no interval of its own');
});

test('a target inside the data is not called an extrapolation', () => {
  const { values, columns } = new TargetModel(OPTIONS, cloud(50)).answer(1e9, 1e11, FIT);
  assert.equal(values['answer.beyond'], false);
  assert.equal(columns.reach.x.length, 0);
});

test('the picture widens to hold a target far beyond it', () => {
  const { ranges } = new TargetModel(OPTIONS, cloud(50)).answer(1e12, 1e14, FIT);
  assert.ok(ranges['main-x'][1] > 6e26);
});

test('objectives are sums over runs as in the kernel', () => {
  const loss = [2, 3];
  const fitted = [2 * Math.exp(-0.0005), 3 * Math.exp(-0.01)];
  const huber = 0.5 * 0.0005 ** 2 + 0.001 * (0.01 - 0.0005);
  const value = (name: string, more = {}): number => objectiveValue({ name, ...more }, loss, fitted);
  assert.ok(Math.abs(value('huber_log', { delta: 0.001 }) - huber) < 1e-15);
  assert.ok(Math.abs(value('absolute_log') - 0.0105) < 1e-15);
  assert.ok(Math.abs(value('quantile', { up: 0.1, down: 0.9 }) - 0.00105) < 1e-15);
  assert.ok(Math.abs(value('asymmetric', { delta: 0.001, down: 10 }) - huber) < 1e-15, 'both runs lie above');
  assert.ok(Math.abs(value('gaussian_log') - (0.5 * 0.0005 ** 2 + 0.5 * 0.01 ** 2)) < 1e-16);
  assert.ok(Number.isNaN(value('something')));
});

test('rounding in the text box is not a move by hand', () => {
  assert.equal(movedByHand({ ...FIT }, FIT), false);
  assert.equal(movedByHand({ ...FIT, A: FIT.A * (1 + 1e-6) }, FIT), true);
});

test('a grid ends where it is told to', () => {
  const grid = geomspace(1e18, 1e24, 7);
  assert.equal(grid[6], 1e24);
  assert.ok(Math.abs(grid[3] / 1e21 - 1) < 1e-12);
});

test('a behaviour that is not known is refused in words, also one that every object has', () => {
  for (const name of ['run-anything', 'constructor', '__proto__', 'toString']) {
    assert.throws(() => startBehaviour(name, {}, {} as never), /does not know/);
  }
});

test('a curve follows only its own keys, once for each frame, and none after the screen is closed', () => {
  const frames: (() => void)[] = [];
  Object.assign(globalThis, {
    requestAnimationFrame: (work: () => void) => frames.push(work),
    cancelAnimationFrame: (request: number) => frames.splice(request - 1, 1)
  });
  const store = new Store({ 'coef.E': 1, 'target.params': 1, coefficient: 1 });
  let drawn = 0;
  const following = new Following(store, /^(coef|target)\./, () => drawn++);
  store.set({ coefficient: 2 }, 'user');
  assert.equal(frames.length, 0, 'another key');
  store.set({ 'coef.E': 2 }, 'user');
  store.set({ 'target.params': 2 }, 'user');
  frames.splice(0).forEach(work => work());
  assert.equal(drawn, 1);
  store.set({ 'coef.E': 3 }, 'kernel');
  following.stop();
  store.set({ 'coef.E': 4 }, 'kernel');
  frames.forEach(work => work());
  assert.equal(drawn, 1);
});

test('a new fit is drawn before the frame ends, and what it leaves alone is not drawn again', () => {
  Object.assign(globalThis, { requestAnimationFrame: () => 0, cancelAnimationFrame: () => undefined });
  const names = ['target-curve', 'target-beyond', 'band', 'run-band', 'target', 'reach', 'reach-ends', 'reach-label'];
  const set: string[] = [];
  const sources = new Map(
    names.map(name => {
      let data: unknown = {};
      const source = {
        get data() {
          return data;
        },
        set data(fresh: unknown) {
          set.push(name);
          data = fresh;
        }
      };
      return [name, source];
    })
  );
  const state = Object.fromEntries(Object.entries(FIT).map(([name, value]) => [`coef.${name}`, value]));
  const store = new Store({ 'target.params': 7e9, 'target.tokens': 1.4e12, ...state });
  const arrays = ({ draws, noise }: ReturnType<typeof cloud>) => ({
    ...Object.fromEntries(Object.entries(draws).map(([name, values]) => [`draws.${name}`, values])),
    noise
  });
  const context = {
    store,
    arrays: arrays(cloud(40)),
    view: { byName: (name: string) => sources.get(name) ?? null, local: (change: () => void) => change() }
  };
  const behaviour = startLawCurves(OPTIONS, context as never);
  behaviour.renew!({ ...OPTIONS }, arrays(cloud(40)));
  assert.deepEqual([...set].sort(), [...names].sort());
  set.length = 0;
  const fit = { ...FIT, E: 1.85 };
  store.set({ 'coef.E': 1.85 }, 'kernel');
  behaviour.renew!({ ...OPTIONS, fit }, arrays(cloud(60)));
  assert.equal(store.get('answer.variant'), 'fit', 'the new coefficients are those of the fit');
  assert.ok(Math.abs(store.number('answer.loss') - (2.0735 + 1.85 - FIT.E)) < 5e-4);
  assert.ok(set.includes('target-curve') && set.includes('band'));
  assert.ok(!set.includes('reach') && !set.includes('reach-label'), 'the distance to the data is the same');
});

test('a click means the nearest run within reach, and none where there is none', () => {
  const xs = [10, 20, NaN];
  const ys = [10, 10, 10];
  assert.equal(nearest(xs, ys, 17, 11)?.index, 1);
  assert.equal(nearest(xs, ys, 13, 11)?.index, 0);
  assert.equal(nearest(xs, ys, 40, 11), null);
  assert.equal(nearest(xs, ys, 17, 11, 2), null, 'another mark is nearer');
});
