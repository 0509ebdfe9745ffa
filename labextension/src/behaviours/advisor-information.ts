/**
 * What runs tell about a law, and how a further run narrows an interval: the twin of
 * `allocation/information.py`. All is linear in the coefficients around the fit.
 */

import { compileFormula, type Evaluate } from '../formula/index.js';

const SIX = 6;
/** Relative step of the central differences of the log loss. */
const STEP = 1e-5;

export interface KnownOptions {
  formula: string;
  inputs: string[];
  /** Free coefficients, and which of them move by their logarithm. */
  names: string[];
  logged: boolean[];
  centre: Record<string, number>;
  scatter: number;
}

/** Derivatives of the log loss of some runs by the free coefficients, row by row. */
export class Sensitivity {
  private readonly evaluate: Evaluate;

  constructor(private readonly options: KnownOptions) {
    this.evaluate = compileFormula(options.formula);
  }

  of(params: Float64Array, tokens: Float64Array): Float64Array {
    const { names, logged, centre, inputs } = this.options;
    const q = names.length;
    const known: Record<string, Float64Array> = { N: params, D: tokens, C: params.map((n, i) => SIX * n * tokens[i]) };
    const env = { ...centre, ...Object.fromEntries(inputs.map(name => [name, known[name]])) };
    const out = new Float64Array(params.length * q);
    names.forEach((name, j) => {
      const [above, below] = [1, -1].map(side => {
        const moved = logged[j] ? centre[name] * Math.exp(side * STEP) : centre[name] + side * STEP;
        return this.evaluate({ ...env, [name]: moved });
      });
      for (let i = 0; i < params.length; i++) {
        const [a, b] = [above, below].map(v => (typeof v === 'number' ? v : v[i]));
        out[i * q + j] = Math.log(a / b) / (2 * STEP);
      }
    });
    return out;
  }
}

/** Covariance of the free coefficients, at a scatter of the log losses. */
export class Known {
  readonly q: number;

  constructor(
    readonly inverse: Float64Array,
    readonly scatter: number
  ) {
    this.q = Math.round(Math.sqrt(inverse.length));
  }

  /** The same runs with another scatter. */
  withScatter(scatter: number): Known {
    const factor = (scatter / this.scatter) ** 2;
    return new Known(this.inverse.map(v => v * factor), scatter);
  }

  times(line: ArrayLike<number>): Float64Array {
    const out = new Float64Array(this.q);
    for (let i = 0; i < this.q; i++) {
      for (let j = 0; j < this.q; j++) {
        out[i] += this.inverse[i * this.q + j] * line[j];
      }
    }
    return out;
  }

  /** Variance of what has these derivatives. */
  variance(line: ArrayLike<number>): number {
    return dot(this.times(line), line);
  }

  /** What is known once a run has been made: a rank-one change. */
  with(line: ArrayLike<number>): Known {
    const pull = this.times(line);
    const own = this.scatter ** 2 + dot(pull, line);
    const next = Float64Array.from(this.inverse);
    for (let i = 0; i < this.q; i++) {
      for (let j = 0; j < this.q; j++) {
        next[i * this.q + j] -= (pull[i] * pull[j]) / own;
      }
    }
    return new Known(next, this.scatter);
  }

  withAll(lines: readonly ArrayLike<number>[]): Known {
    return lines.reduce<Known>((known, line) => known.with(line), this);
  }

  /** Share of the interval's width that each run alone takes off. */
  narrowing(lines: Float64Array, slope: ArrayLike<number>): Float64Array {
    const { q } = this;
    const reach = this.times(slope);
    const variance = dot(reach, slope);
    const out = new Float64Array(lines.length / q);
    for (let i = 0; i < out.length; i++) {
      const line = lines.subarray(i * q, (i + 1) * q);
      const pull = dot(reach, line);
      const own = this.scatter ** 2 + this.variance(line);
      out[i] = 1 - Math.sqrt(Math.max(1 - (pull * pull) / own / variance, 0));
    }
    return out;
  }
}

export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) {
    sum += a[i] * b[i];
  }
  return sum;
}

/** The logarithm of an answer and its derivatives between evenly spaced budgets, by cubics. */
export function between(
  [low, high, count]: readonly [number, number, number],
  table: Float64Array,
  flops: number
): Float64Array {
  const width = table.length / count;
  const last = count - 1;
  const at = count > 1 ? (Math.log(flops / low) / Math.log(high / low)) * last : 0;
  const place = Math.min(last, Math.max(0, at));
  const first = Math.max(0, Math.min(Math.floor(place) - 1, count - 4));
  const nodes = Array.from({ length: Math.min(4, count) }, (_, k) => first + k);
  const out = new Float64Array(width);
  for (const k of nodes) {
    const weight = nodes.reduce((w, m) => (m === k ? w : (w * (place - m)) / (k - m)), 1);
    for (let j = 0; j < width; j++) {
      out[j] += weight * table[k * width + j];
    }
  }
  return out;
}
