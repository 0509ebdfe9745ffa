/** Counts of several models on the same problems, and what k samples solve: the twin of `testtime/menu.py`. */

import { logBetaRatio, logMiss, tanhSinh } from './gammas.js';
import { quantiles } from './numbers.js';

/** Resamples that bands are drawn from: a band is drawn anew in every frame. */
export const IN_BANDS = 400;

/** Shapes of a Beta above which its peak is narrow. */
const PEAKED = 20;

interface Density {
  p: Float64Array;
  weight: Float64Array;
}

/** Shares of right and of wrong answers that are accepted; null for a perfect verifier. */
export type Verifier = readonly [number, number] | null;

/** How often each problem counts in each resample, row by row: drawn by the finaliser of MurmurHash3 on a counter. */
export function resampleWeights(problems: number, rows: number): Float64Array {
  const out = new Float64Array(rows * problems);
  for (let i = 0; i < out.length; i++) {
    let x = i;
    x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
    x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
    x = (x ^ (x >>> 16)) >>> 0;
    out[Math.floor(i / problems) * problems + Math.floor(x * (problems / 4294967296))] += 1;
  }
  return out;
}

/** `p t (1 - (1-s)^k) / s` with `s = p t + (1-p) f`. */
export function behind(p: number, k: number, t: number, f: number): number {
  const accepted = Math.min(p * t + (1 - p) * f, 1);
  if (k === 0 || p === 0) {
    return 0;
  }
  return accepted > 0 ? (p * t * -Math.expm1(k * Math.log1p(-accepted))) / accepted : 0;
}

export class Counts {
  readonly models: number;
  readonly weights: Float64Array;
  readonly least: number[] = [];
  readonly rates: Float64Array;
  /** Success rates above zero that differ, and how many problems have each, model by model. */
  readonly solvable: { p: Float64Array; times: Float64Array }[] = [];
  private readonly densities = new Map<string, Density>();

  constructor(
    readonly n: ArrayLike<number>,
    readonly c: ArrayLike<number>,
    readonly shapes: ArrayLike<number>,
    readonly problems: number,
    readonly resamples: number,
    readonly fitted: number
  ) {
    this.models = n.length / problems;
    this.weights = resampleWeights(problems, resamples);
    this.rates = Float64Array.from({ length: n.length }, (_, i) => c[i] / n[i]);
    for (let m = 0; m < this.models; m++) {
      let least = Infinity;
      for (let i = 0; i < problems; i++) {
        least = Math.min(least, n[m * problems + i]);
      }
      this.least.push(least);
      const seen = new Map<number, number>();
      for (const p of this.rates.subarray(m * problems, (m + 1) * problems)) {
        if (p > 0) {
          seen.set(p, (seen.get(p) ?? 0) + 1);
        }
      }
      this.solvable.push({ p: Float64Array.from(seen.keys()), times: Float64Array.from(seen.values()) });
    }
  }

  /** Shapes of the Beta of a model: of the fit (row 0) or of a resample. */
  shape(model: number, row = 0): [number, number] {
    const at = (model * (1 + this.fitted) + row) * 2;
    return [this.shapes[at], this.shapes[at + 1]];
  }

  /** Share solved of each problem with k samples, at most those counted. */
  each(model: number, k: number, rates: Verifier): Float64Array {
    const { problems, n, c } = this;
    const out = new Float64Array(problems);
    for (let i = 0; k >= 1 && i < problems; i++) {
      const at = model * problems + i;
      out[i] = rates === null ? -Math.expm1(logMiss(n[at], c[at], k)) : behind(this.rates[at], k, ...rates);
    }
    return out;
  }

  mean(model: number, k: number, rates: Verifier): number {
    if (k > this.least[model]) {
      return this.fittedSolved(...this.shape(model), k, rates);
    }
    return rates === null || k < 1 ? average(this.each(model, k, rates)) : this.behind(model, k, ...rates);
  }

  /** Mean over problems of what k samples solve behind a verifier: equal rates are computed once. */
  behind(model: number, k: number, t: number, f: number): number {
    const { p, times } = this.solvable[model];
    let total = 0;
    for (let j = 0; j < p.length; j++) {
      total += times[j] * behind(p[j], k, t, f);
    }
    return total / this.problems;
  }

  /** Share solved of problems whose success rates are Beta(a, b); NaN without a fit. */
  fittedSolved(a: number, b: number, k: number, rates: Verifier): number {
    if (!Number.isFinite(a)) {
      return NaN;
    }
    if (rates === null) {
      return -Math.expm1(logBetaRatio(b, a, k));
    }
    const { p, weight } = this.density(a, b);
    let total = 0;
    for (let j = 0; j < p.length; j++) {
      total += weight[j] * behind(p[j], k, ...rates);
    }
    return total;
  }

  /** Success rates and their weights under Beta(a, b): double-exponential, or around a narrow peak. */
  private density(a: number, b: number): Density {
    const key = `${a},${b}`;
    const known = this.densities.get(key);
    if (known) {
      return known;
    }
    let { p, rest, weight } = tanhSinh();
    let [up, down] = [a - 1, b - 1];
    if (Math.min(a, b) > PEAKED) {
      const middle = Math.log(a / b);
      const spread = Math.sqrt((a + b) / (a * b));
      const z = Float64Array.from({ length: 241 }, (_, j) => middle + spread * (-12 + j * 0.1));
      p = z.map(at => 1 / (1 + Math.exp(-at)));
      rest = z.map(at => 1 / (1 + Math.exp(at)));
      weight = z.map(() => 1);
      [up, down] = [a, b];
    }
    const logs = p.map((x, j) => up * Math.log(x) + down * Math.log(rest[j]));
    const top = logs.reduce((one, two) => Math.max(one, two), -Infinity);
    const raw = logs.map((value, j) => weight[j] * Math.exp(value - top));
    const total = raw.reduce((one, two) => one + two, 0);
    const out = { p, weight: raw.map(value => value / total) };
    this.densities.set(key, out);
    return out;
  }

  /** Means over resampled problems of values of each problem. */
  resampled(values: Float64Array, rows = this.resamples): Float64Array {
    const { problems, weights } = this;
    const out = new Float64Array(rows);
    for (let r = 0; r < rows; r++) {
      let total = 0;
      const start = r * problems;
      for (let i = 0; i < problems; i++) {
        total += weights[start + i] * values[i];
      }
      out[r] = total / problems;
    }
    return out;
  }

  /** What sample k + 1 adds to each problem. */
  gains(model: number, k: number, rates: Verifier): Float64Array {
    const { problems, n, c } = this;
    const out = new Float64Array(problems);
    for (let i = 0; i < problems; i++) {
      const at = model * problems + i;
      if (rates === null) {
        const left = Math.exp(logMiss(n[at], c[at], Math.min(k, n[at])));
        out[i] = (left * c[at]) / Math.max(n[at] - k, 1);
      } else {
        const p = this.rates[at];
        const accepted = Math.min(p * rates[0] + (1 - p) * rates[1], 1);
        out[i] = p * rates[0] * (k === 0 ? 1 : Math.exp(k * Math.log1p(-accepted)));
      }
    }
    return out;
  }
}

export function average(values: Float64Array): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) {
    total += values[i];
  }
  return total / values.length;
}

/** Quantiles of the rows that are known; NaN where none is. */
export function ends(rows: Float64Array, level: number): [number, number] {
  const known = rows.some(Number.isNaN) ? rows.filter(value => !Number.isNaN(value)) : rows;
  if (known.length === 0) {
    return [NaN, NaN];
  }
  const [low, high] = quantiles(known, [(1 - level) / 2, (1 + level) / 2]);
  return [low, high];
}
