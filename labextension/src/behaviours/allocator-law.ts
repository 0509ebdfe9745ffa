/**
 * The best split of a budget for a fit and all its resamples, in closed form (arXiv:2203.15556, Eq. 4).
 *
 * A row is a floor, A, alpha, B and beta of `floor + A/N^alpha + B/D^beta`; row 0 is the fit.
 */

import { quantiles } from './numbers.js';

export const SIX = 6;

export interface Ends {
  low: number;
  high: number;
}

export interface Models {
  params: Float64Array;
  tokens: Float64Array;
  loss: Float64Array;
}

export class SplitLaw {
  readonly rows: number;
  private readonly exponent: Float64Array;
  private readonly scale: Float64Array;
  /** Loss above the floor of the best model at C = 6, and the power it falls with. */
  private readonly unit: Float64Array;
  private readonly power: Float64Array;

  constructor(private readonly table: ArrayLike<number>) {
    const n = (this.rows = table.length / 5);
    this.exponent = new Float64Array(n);
    this.scale = new Float64Array(n);
    this.unit = new Float64Array(n);
    this.power = new Float64Array(n);
    for (let r = 0; r < n; r++) {
      const [, bigA, alpha, bigB, beta] = this.row(r);
      this.exponent[r] = beta / (alpha + beta);
      this.scale[r] = ((alpha * bigA) / (beta * bigB)) ** (1 / (alpha + beta));
      this.unit[r] = bigA / this.scale[r] ** alpha + bigB * this.scale[r] ** beta;
      this.power[r] = -(alpha + beta) / (alpha * beta);
    }
  }

  /** The fit and at most so many resamples, evenly chosen. */
  part(most: number): SplitLaw {
    if (this.rows <= most + 1) {
      return this;
    }
    const out = new Float64Array(5 * (most + 1));
    for (let k = 0; k <= most; k++) {
      const r = Math.floor(k * ((this.rows - 1) / most) + 0.5);
      for (let j = 0; j < 5; j++) {
        out[5 * k + j] = this.table[5 * r + j];
      }
    }
    return new SplitLaw(out);
  }

  loss(r: number, params: number, tokens: number): number {
    const [floor, bigA, alpha, bigB, beta] = this.row(r);
    return bigA / params ** alpha + bigB / tokens ** beta + floor;
  }

  /** Exponent of the best size over compute. */
  share(r: number): number {
    return this.exponent[r];
  }

  size(r: number, flops: number): number {
    return this.scale[r] * (flops / SIX) ** this.exponent[r];
  }

  /** Least compute that reaches a loss. */
  cheapest(r: number, loss: number): number {
    const above = loss - this.table[5 * r];
    return above > 0 ? SIX * (above / this.unit[r]) ** this.power[r] : Infinity;
  }

  /** The best model of each row, at one compute or at each row's own. */
  best(flops: number | Float64Array): Models {
    const out = { params: this.column(), tokens: this.column(), loss: this.column() };
    for (let r = 0; r < this.rows; r++) {
      const c = typeof flops === 'number' ? flops : flops[r];
      out.params[r] = this.size(r, c);
      out.tokens[r] = c / (SIX * out.params[r]);
      out.loss[r] = this.loss(r, out.params[r], out.tokens[r]);
    }
    return out;
  }

  private column(): Float64Array {
    return new Float64Array(this.rows);
  }

  private row(r: number): [number, number, number, number, number] {
    const t = this.table;
    const k = 5 * r;
    return [t[k], t[k + 1], t[k + 2], t[k + 3], t[k + 4]];
  }
}

/** Percentiles of the rows after the first; order statistics where some are infinite. */
export function endsOf(values: Float64Array, level: number): Ends {
  const rest = values.subarray(1);
  if (rest.length === 0) {
    return { low: NaN, high: NaN };
  }
  const tail = (1 - level) / 2;
  if (rest.some(v => v === Infinity)) {
    const ordered = Float64Array.from(rest).sort();
    const last = rest.length - 1;
    return { low: ordered[Math.floor(tail * last)], high: ordered[Math.ceil((1 - tail) * last)] };
  }
  const [low, high] = quantiles(Float64Array.from(rest), [tail, 1 - tail]);
  return { low, high };
}
