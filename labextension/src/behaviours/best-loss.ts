/**
 * The loss of the best model by compute, of a fit (row 0) and all its resamples: the twin of
 * `figures/recipes/model.py`.
 *
 * A floor and one power each of N and D give, at the best size under C = 6ND, a floor and one power of C; any
 * other law is tabulated over the logarithm of compute.
 */

export type CurveKind =
  | { kind: 'power'; rows: number }
  | { kind: 'table'; rows: number; first: number; perDecade: number };

export interface BestLoss {
  /** Rows: the fit and its resamples. */
  readonly count: number;
  /** Loss of row `r` at a compute. */
  at(row: number, flops: number): number;
  /** Compute at which row `r` comes down to a loss; infinite for never. */
  reach(row: number, loss: number): number;
}

/** `E + K C**-g`, three numbers a row. */
export class PowerCurve implements BestLoss {
  readonly count: number;

  constructor(private readonly rows: ArrayLike<number>) {
    this.count = Math.floor(rows.length / 3);
  }

  at(row: number, flops: number): number {
    const i = 3 * row;
    return this.rows[i] + this.rows[i + 1] * flops ** -this.rows[i + 2];
  }

  reach(row: number, loss: number): number {
    const i = 3 * row;
    const above = loss - this.rows[i];
    return above > 0 ? (this.rows[i + 1] / above) ** (1 / this.rows[i + 2]) : Infinity;
  }
}

/** A cubic through four neighbours, at `t` from the second of them. */
function cubic(y: readonly number[], t: number): number {
  return (
    (-t * (t - 1) * (t - 2) * y[0]) / 6 +
    ((t + 1) * (t - 1) * (t - 2) * y[1]) / 2 -
    ((t + 1) * t * (t - 2) * y[2]) / 2 +
    ((t + 1) * t * (t - 1) * y[3]) / 6
  );
}

function slope(y: readonly number[], t: number): number {
  return (
    (-(3 * t * t - 6 * t + 2) * y[0]) / 6 +
    ((3 * t * t - 4 * t - 1) * y[1]) / 2 -
    ((3 * t * t - 2 * t - 2) * y[2]) / 2 +
    ((3 * t * t - 1) * y[3]) / 6
  );
}

/** Losses on an even grid of log compute. */
export class TableCurve implements BestLoss {
  readonly count: number;

  constructor(
    private readonly rows: ArrayLike<number>,
    private readonly width: number,
    private readonly first: number,
    private readonly perDecade: number
  ) {
    this.count = Math.floor(rows.length / width);
  }

  private four(row: number, middle: number): number[] {
    const from = row * this.width + middle - 1;
    return [this.rows[from], this.rows[from + 1], this.rows[from + 2], this.rows[from + 3]];
  }

  at(row: number, flops: number): number {
    const last = this.width - 1;
    const place = Math.min(last, Math.max(0, (Math.log10(flops) - this.first) * this.perDecade));
    const left = Math.min(this.width - 3, Math.max(1, Math.floor(place)));
    return cubic(this.four(row, left), place - left);
  }

  reach(row: number, loss: number): number {
    const from = row * this.width;
    const last = this.width - 1;
    if (!(this.rows[from + last] <= loss)) {
      return Infinity;
    }
    // Losses fall: the first point at or below the goal is found by halving.
    let low = 0;
    let high = last;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.rows[from + middle] <= loss) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    const left = Math.max(low - 1, 0);
    const fall = this.rows[from + left] - this.rows[from + low];
    const share = fall > 0 ? (this.rows[from + left] - loss) / fall : 1;
    const middle = Math.min(this.width - 3, Math.max(1, left));
    const y = this.four(row, middle);
    let t = share + left - middle;
    for (let step = 0; step < 3; step++) {
      const down = slope(y, t);
      const move = down < 0 ? (cubic(y, t) - loss) / down : 0;
      t = Math.min(left - middle + 1, Math.max(left - middle, t - move));
    }
    return 10 ** (this.first + (t + middle) / this.perDecade);
  }
}

/** The curve in an array of a scene. */
export function bestLoss(about: CurveKind, rows: ArrayLike<number>): BestLoss {
  return about.kind === 'power'
    ? new PowerCurve(rows)
    : new TableCurve(rows, rows.length / about.rows, about.first, about.perDecade);
}

export interface Spread {
  value: number;
  low: number;
  high: number;
}

/** With the median of the resamples: above 1 where the one wins in half of them or more. */
export interface Worth extends Spread {
  middle: number;
}

/** Percentiles by order statistics: some are infinite, and nothing lies between a number and infinity. */
export function spreadOf(value: number, draws: Float64Array, level: number): Spread {
  const n = draws.length;
  if (n === 0) {
    return { value, low: NaN, high: NaN };
  }
  const ordered = Float64Array.from(draws).sort();
  const tail = (1 - level) / 2;
  return {
    value,
    low: ordered[Math.floor(tail * (n - 1))],
    high: ordered[Math.ceil((1 - tail) * (n - 1))]
  };
}

/** The interval of one curve at a compute. */
export function bandOf(curve: BestLoss, flops: number, rows: number, level: number): Spread {
  const draws = new Float64Array(rows);
  for (let r = 0; r < rows; r++) {
    draws[r] = curve.at(r + 1, flops);
  }
  return spreadOf(curve.at(0, flops), draws, level);
}

/** Two curves; resample `r` of the first stands beside `order[r]` of the second. */
export class Pair {
  readonly rows: number;
  private readonly draws: Float64Array;

  constructor(
    private readonly a: BestLoss,
    private readonly b: BestLoss,
    private readonly order: ArrayLike<number>,
    private readonly level: number
  ) {
    this.rows = Math.min(a.count - 1, order.length);
    this.draws = new Float64Array(this.rows);
  }

  /** Share of resamples in which a has the lower loss; NaN without resamples. */
  probability(flops: number): number {
    let won = 0;
    for (let r = 0; r < this.rows; r++) {
      const gap = this.a.at(r + 1, flops) - this.b.at(this.order[r] + 1, flops);
      won += gap < 0 ? 1 : gap === 0 ? 0.5 : 0;
    }
    return this.rows === 0 ? NaN : won / this.rows;
  }

  /** Loss of a minus loss of b. */
  difference(flops: number): Spread {
    for (let r = 0; r < this.rows; r++) {
      this.draws[r] = this.a.at(r + 1, flops) - this.b.at(this.order[r] + 1, flops);
    }
    return spreadOf(this.a.at(0, flops) - this.b.at(0, flops), this.draws, this.level);
  }

  /** Compute that the other needs to match, over that of the one. */
  worth(flops: number, ofA: boolean): Worth {
    const one = (row: number, twin: number) =>
      ofA
        ? this.b.reach(twin, this.a.at(row, flops)) / flops
        : this.a.reach(row, this.b.at(twin, flops)) / flops;
    for (let r = 0; r < this.rows; r++) {
      this.draws[r] = one(r + 1, this.order[r] + 1);
    }
    const middle = this.rows === 0 ? NaN : Float64Array.from(this.draws).sort()[this.rows >> 1];
    return { ...spreadOf(one(0, 0), this.draws, this.level), middle };
  }
}
