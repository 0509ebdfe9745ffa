import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ExponentMap, placeOn } from '../behaviours/exponent-map.js';

const FIT = { E: 1.8, A: 480, B: 2100, alpha: 0.35, beta: 0.37 };
const OPTIONS = { names: ['alpha', 'beta'], coefficients: Object.keys(FIT), fit: FIT };

/** Amplitudes that fall as exp(20 alpha) and exp(25 beta), on an uneven grid with the fit on it. */
function arrays(): Record<string, Float64Array> {
  const alpha = Float64Array.of(0.3, 0.32, 0.35, 0.4);
  const beta = Float64Array.of(0.33, 0.37, 0.39);
  const cells = (f: (a: number, b: number) => number) =>
    Float64Array.from(Array.from(alpha).flatMap(a => Array.from(beta).map(b => f(a, b))));
  return {
    'map.axis.0': alpha,
    'map.axis.1': beta,
    'map.E': cells((a, b) => 1.8 + (a - 0.35) + 2 * (b - 0.37)),
    'map.A': cells(a => 480 * Math.exp(20 * (a - 0.35))),
    'map.B': cells((_, b) => 2100 * Math.exp(25 * (b - 0.37)))
  };
}

test('a click between cells gives the amplitudes between those of the cells', () => {
  const found = new ExponentMap(OPTIONS, arrays()).at([0.331, 0.352]);
  assert.equal(found.alpha, 0.331);
  assert.equal(found.beta, 0.352);
  assert.ok(Math.abs(found.A / (480 * Math.exp(20 * (0.331 - 0.35))) - 1) < 1e-12, 'a straight line in the logarithm');
  assert.ok(Math.abs(found.B / (2100 * Math.exp(25 * (0.352 - 0.37))) - 1) < 1e-12);
  assert.ok(Math.abs(found.E - (1.8 - 0.019 - 0.036)) < 1e-3);
});

test('a click on a cell gives what is in the cell, whichever way the grid is stored', () => {
  const map = new ExponentMap(OPTIONS, arrays());
  const given = arrays();
  for (const [i, a] of given['map.axis.0'].entries()) {
    for (const [j, b] of given['map.axis.1'].entries()) {
      assert.ok(Math.abs(map.at([a, b]).E - given['map.E'][i * 3 + j]) < 1e-12);
    }
  }
});

test('a click on the fit gives the fit to the last digit: nothing is by hand then', () => {
  assert.deepEqual(new ExponentMap(OPTIONS, arrays()).at([0.35, 0.37]), FIT);
});

test('a drag off the map stays on its edge', () => {
  const map = new ExponentMap(OPTIONS, arrays());
  assert.deepEqual(map.at([-3, 9]), map.at([0.3, 0.39]));
  assert.ok(Object.values(map.at([-3, 9])).every(Number.isFinite));
});

test('an amplitude that reaches zero is taken as it is, not by its logarithm', () => {
  const given = arrays();
  given['map.E'] = given['map.E'].map((_, i) => (i < 6 ? 0 : 1));
  const { E } = new ExponentMap(OPTIONS, given).at([0.335, 0.37]);
  assert.ok(Math.abs(E - 0.5) < 1e-12);
});

test('one exponent is a curve: its height and its amplitudes between two points', () => {
  const fit = { E: 2, A: 30, alpha: 0.2 };
  const map = new ExponentMap(
    { names: ['alpha'], coefficients: ['E', 'A', 'alpha'], fit },
    {
      'map.axis.0': Float64Array.of(0.1, 0.2, 0.3),
      'map.rise': Float64Array.of(0.04, 0, 0.02),
      'map.E': Float64Array.of(1, 2, 3),
      'map.A': Float64Array.of(10, 30, 90)
    }
  );
  assert.ok(Math.abs(map.heightAt(0.15) - 2) < 1e-12);
  const found = map.at([0.25]);
  assert.ok(Math.abs(found.A - 30 * Math.sqrt(3)) < 1e-9);
  assert.equal(found.alpha, 0.25);
});

test('places on an axis: within a cell, at its ends, beyond them', () => {
  const axis = Float64Array.of(1, 2, 4);
  assert.deepEqual(placeOn(axis, 3), { cell: 1, part: 0.5 });
  assert.deepEqual(placeOn(axis, 2), { cell: 1, part: 0 });
  assert.deepEqual(placeOn(axis, 0), { cell: 0, part: 0 });
  assert.deepEqual(placeOn(axis, 9), { cell: 1, part: 1 });
});
