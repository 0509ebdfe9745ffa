/**
 * The best split of a budget for a fit and all its resamples, by any rule of counting and with repeated tokens:
 * the twin of `figures/allocator/split.py`.
 *
 * A row is a floor, A, alpha, B and beta of `floor + A/N^alpha + B/D^beta`; row 0 is the fit. Where tokens cost the
 * same at every size and none is repeated the best split has a closed form (arXiv:2203.15556, Eq. 4); elsewhere the
 * point of equal gains is searched for from that of the compute before, and the cheapest compute of a loss is read from
 * a table of best splits. Python finds the same points by halving.
 */

import { Course } from './crossing.js';
import { quantiles } from './numbers.js';

export const SIX = 6;
const MOST_TOKENS = 1e30;

export interface Ends {
  low: number;
  high: number;
}

export interface Models {
  params: Float64Array;
  tokens: Float64Array;
  loss: Float64Array;
}

/** Constants of the search, and the published decay of repeated tokens (arXiv:2305.16264). */
export interface Search {
  aspect: number;
  halvings: number;
  margin: number;
  room: number;
  table: number;
  dataDecay: number;
  sizeDecay: number;
}

/** By 6ND, with every token new, there is nothing to search for. */
const UNSEARCHED: Search = { aspect: 1, halvings: 0, margin: 1, room: 0, table: 2, dataDecay: 1, sizeDecay: 1 };

/** FLOP of a training token, `linear N + curved N^(2/3)`. */
export class Rule {
  constructor(
    readonly linear = SIX,
    readonly curved = 0,
    private readonly halvings = 36
  ) {}

  static of(kind: string, context: number, active: number, { aspect, halvings }: Search): Rule {
    if (kind === 'attention') {
      return new Rule(SIX, 12 * aspect * context * (12 * aspect ** 2) ** (-2 / 3), halvings);
    }
    return kind === 'moe' ? new Rule(SIX * active) : new Rule();
  }

  perToken(size: number): number {
    return this.linear * size + (this.curved ? this.curved * Math.cbrt(size) ** 2 : 0);
  }

  /** How the logarithm of it grows with that of the size. */
  elasticity(size: number): number {
    if (!this.curved) {
      return 1;
    }
    const curved = this.curved * Math.cbrt(size) ** 2;
    return (this.linear * size + (curved * 2) / 3) / (this.linear * size + curved);
  }

  /** Size whose tokens cost so much. */
  size(perToken: number): number {
    if (!this.curved) {
      return perToken / this.linear;
    }
    const most = Math.log(perToken / this.linear);
    return Math.exp(halve(this.halvings, 0, most, at => this.perToken(Math.exp(at)) <= perToken));
  }
}

/** The place up to which something holds. */
export function halve(times: number, low: number, high: number, holds: (at: number) => boolean): number {
  for (let i = 0; i < times; i++) {
    const middle = (low + high) / 2;
    if (holds(middle)) {
      low = middle;
    } else {
      high = middle;
    }
  }
  return (low + high) / 2;
}

interface Best {
  x: Float64Array;
  y: Float64Array;
  slope: Float64Array;
}

export class SplitLaw {
  readonly rows: number;
  /** Whether the best split is found by halving, not in closed form. */
  readonly searched: boolean;
  private readonly exponent: Float64Array;
  private readonly scale: Float64Array;
  /** Loss above the floor of the best model of one FLOP a parameter and token, and the power it falls with. */
  private readonly unit: Float64Array;
  private readonly power: Float64Array;
  private readonly tables: (Best | undefined)[] = [];
  /** Best sizes over compute, tokens of the frontier over sizes, and tokens of a loss over sizes, as found last. */
  private readonly sizes: (Course | undefined)[] = [];
  private readonly frontiers: (Course | undefined)[] = [];
  private level: Course | undefined;
  /** What counts of parameters and tokens, and how it grows with them: set by `count`. */
  private counts = 0;
  private counted = 0;
  private bySize = 1;
  private byData = 1;
  private byEnough = 0;
  private more = 0;
  private less = 0;

  constructor(
    private readonly table: ArrayLike<number>,
    readonly rule = new Rule(),
    readonly unique = Infinity,
    private readonly reach: readonly [number, number] = [1, 1],
    private readonly search: Search = UNSEARCHED
  ) {
    const n = (this.rows = table.length / 5);
    this.searched = rule.curved !== 0 || Number.isFinite(unique);
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
    return this.of(out);
  }

  /** The fit itself, without its resamples. */
  first(): SplitLaw {
    return this.rows === 1 ? this : this.of(Float64Array.from(this.row(0)));
  }

  floor(r: number): number {
    return this.table[5 * r];
  }

  loss(r: number, params: number, tokens: number): number {
    const t = this.table;
    const k = 5 * r;
    this.count(r, params, tokens);
    return t[k + 1] / this.counts ** t[k + 2] + t[k + 3] / this.counted ** t[k + 4] + t[k];
  }

  /** Exponent of the best size over compute. */
  share(r: number): number {
    return this.exponent[r];
  }

  tokens(flops: number, size: number): number {
    return flops / this.rule.perToken(size);
  }

  flops(size: number, data: number): number {
    return this.rule.perToken(size) * data;
  }

  /** The best size of a row for a compute. */
  size(r: number, flops: number): number {
    const guess = this.scale[r] * (flops / this.rule.linear) ** this.exponent[r];
    if (!this.searched) {
      return guess;
    }
    const [, , alpha, , beta] = this.row(r);
    const [low, high] = this.around(guess, guess, this.tokens(flops, guess), alpha + beta);
    const course = (this.sizes[r] ??= new Course(this.exponent[r], alpha + beta));
    const found = course.at(Math.log(flops), Math.log(guess), low, high, at => {
      const size = Math.exp(at);
      this.weigh(r, size, this.tokens(flops, size));
      return Math.log(this.more / (this.less * this.rule.elasticity(size)));
    });
    return Math.exp(found);
  }

  /** Tokens with which a size is the best of its compute. */
  frontierTokens(r: number, size: number): number {
    const [, bigA, alpha, bigB, beta] = this.row(r);
    const guess = ((beta * bigB) / (alpha * bigA)) ** (1 / beta) * size ** (alpha / beta);
    if (!this.searched) {
      return guess;
    }
    const [low, high] = this.around(guess, size, guess, beta);
    const course = (this.frontiers[r] ??= new Course(alpha / beta, beta));
    const elasticity = this.rule.elasticity(size);
    const found = course.at(Math.log(size), Math.log(guess), low, high, at => {
      this.weigh(r, size, Math.exp(at));
      return Math.log((this.less * elasticity) / this.more);
    });
    return Math.exp(found);
  }

  /** Logarithms between which the best lies: dearer attention and repeated tokens move it away from the closed form. */
  private around(guess: number, size: number, data: number, slope: number): [number, number] {
    const { room } = this.search;
    const repeated = Math.max(Math.log(data / this.unique), 0);
    const dearer = 1.5 * Math.log(this.rule.perToken(size) / (this.rule.linear * size));
    const reach = room + 1 / slope + repeated;
    return [Math.log(guess) - reach - dearer, Math.log(guess) + reach];
  }

  /** Tokens with which a size has a loss, by the fit itself; infinite where more than `most`. */
  levelTokens(level: number, size: number, most: number): number {
    const [floor, bigA, alpha, bigB, beta] = this.row(0);
    const over = level - floor - bigA * size ** -alpha;
    const plain = over > 0 ? (bigB / over) ** (1 / beta) : Infinity;
    if (!Number.isFinite(this.unique)) {
      return plain;
    }
    if (this.loss(0, size, most) > level) {
      return Infinity;
    }
    const course = (this.level ??= new Course(-1, beta));
    const found = course.at(Math.log(size), Math.log(plain), 0, Math.log(most), at =>
      Math.log((this.loss(0, size, Math.exp(at)) - floor) / (level - floor))
    );
    return Math.exp(found);
  }

  /** Size between two that has a loss at these tokens. */
  sizeWith(level: number, data: number, low: number, high: number): number {
    const worse = (at: number) => this.loss(0, Math.exp(at), data) > level;
    return Math.exp(halve(this.search.halvings, Math.log(low), Math.log(high), worse));
  }

  /** Least compute that reaches a loss. */
  cheapest(r: number, loss: number): number {
    const above = loss - this.floor(r);
    if (!(above > 0)) {
      return Infinity;
    }
    return this.searched ? this.read(r, above) : this.rule.linear * (above / this.unit[r]) ** this.power[r];
  }

  /** Least compute that reaches a loss with models of at most so many parameters. */
  cheapestWithin(r: number, loss: number, most: number): number {
    // A loss below that of the largest model on the frontier takes more tokens of this model.
    return most === Infinity || loss >= this.loss(r, most, this.frontierTokens(r, most))
      ? this.cheapest(r, loss)
      : this.rule.perToken(most) * this.tokensWith(r, loss, most);
  }

  /** Tokens with which a size has a loss; infinite where none do. */
  private tokensWith(r: number, loss: number, size: number): number {
    const [floor, bigA, alpha, bigB, beta] = this.row(r);
    const over = loss - floor - bigA * size ** -alpha;
    const plain = over > 0 ? (bigB / over) ** (1 / beta) : Infinity;
    if (this.unique === Infinity) {
      return plain;
    }
    if (this.loss(r, size, MOST_TOKENS) > loss) {
      return Infinity;
    }
    const above = (at: number) => Math.log((this.loss(r, size, Math.exp(at)) - floor) / (loss - floor));
    return Math.exp(new Course(0, beta).at(0, Math.log(plain), 0, Math.log(MOST_TOKENS), above));
  }

  /** The best model of each row, at one compute or at each row's own, of at most so many parameters. */
  best(flops: number | Float64Array, most = Infinity): Models {
    const out = { params: this.column(), tokens: this.column(), loss: this.column() };
    for (let r = 0; r < this.rows; r++) {
      const c = typeof flops === 'number' ? flops : flops[r];
      out.params[r] = Math.min(this.size(r, c), most);
      out.tokens[r] = this.tokens(c, out.params[r]);
      out.loss[r] = this.loss(r, out.params[r], out.tokens[r]);
    }
    return out;
  }

  /** Compute of a loss, by Hermite's cubics between best splits; the ends go on straight. */
  private read(r: number, above: number): number {
    const { x, y, slope } = (this.tables[r] ??= this.tableOf(r));
    const at = -Math.log(above);
    let low = 0;
    let high = y.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (y[middle] <= at) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    const k = Math.min(Math.max(low - 1, 0), y.length - 2);
    const width = y[k + 1] - y[k];
    const t = (at - y[k]) / width;
    const [m0, m1] = [slope[k] * width, slope[k + 1] * width];
    const inside =
      (2 * t ** 3 - 3 * t ** 2 + 1) * x[k] +
      (t ** 3 - 2 * t ** 2 + t) * m0 +
      (3 * t ** 2 - 2 * t ** 3) * x[k + 1] +
      (t ** 3 - t ** 2) * m1;
    const found = t < 0 ? x[k] + m0 * t : t > 1 ? x[k + 1] + m1 * (t - 1) : inside;
    // Where repeated tokens teach nothing more, no compute reaches a lower loss.
    return Number.isNaN(found) ? Infinity : Math.exp(found);
  }

  private tableOf(r: number): Best {
    const { table: points, margin } = this.search;
    const [from, to] = [Math.log(this.reach[0] / margin), Math.log(this.reach[1] * margin)];
    const out = { x: new Float64Array(points), y: new Float64Array(points), slope: new Float64Array(points) };
    for (let k = 0; k < points; k++) {
      out.x[k] = k === points - 1 ? to : from + ((to - from) / (points - 1)) * k;
      const flops = Math.exp(out.x[k]);
      const size = this.size(r, flops);
      const data = this.tokens(flops, size);
      const over = this.loss(r, size, data) - this.floor(r);
      out.y[k] = -Math.log(over);
      // Along the best splits a change of compute is worth what it is in tokens alone.
      this.weigh(r, size, data);
      out.slope[k] = over / this.less;
    }
    return out;
  }

  /** Gains of the logarithms of N and D in loss, `more` and `less`: fields, since it is asked a million times. */
  private weigh(r: number, size: number, data: number): void {
    const t = this.table;
    const k = 5 * r;
    const [alpha, beta] = [t[k + 2], t[k + 4]];
    this.count(r, size, data);
    const ofSize = alpha * t[k + 1] * this.counts ** -alpha;
    this.more = ofSize * this.bySize;
    this.less = beta * t[k + 3] * this.counted ** -beta * this.byData + ofSize * this.byEnough;
  }

  /** Parameters and tokens that count, and how their logarithms grow with those of N and D. */
  private count(r: number, size: number, data: number): void {
    if (this.unique === Infinity) {
      this.counts = size;
      this.counted = data;
      this.bySize = this.byData = 1;
      this.byEnough = 0;
      return;
    }
    const { dataDecay, sizeDecay } = this.search;
    const alpha = this.table[5 * r + 2];
    const beta = this.table[5 * r + 4];
    const seen = Math.min(this.unique, data);
    const again = Math.exp(-(data / seen - 1) / dataDecay);
    const enough = Math.min(size, this.scale[r] * (this.scale[r] * seen) ** (beta / alpha));
    const excess = Math.exp(-(size / enough - 1) / sizeDecay);
    this.counted = seen * (1 + dataDecay * (1 - again));
    this.counts = enough * (1 + sizeDecay * (1 - excess));
    this.bySize = (size * excess) / this.counts;
    this.byData = (data * again) / this.counted;
    // While no token is repeated, the parameters that are enough grow with the tokens.
    this.byEnough = data < this.unique ? ((1 - this.bySize) * beta) / alpha : 0;
  }

  private of(table: ArrayLike<number>): SplitLaw {
    return new SplitLaw(table, this.rule, this.unique, this.reach, this.search);
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
