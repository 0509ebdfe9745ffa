/** Columns that follow budget, machine and plan: the twin of `moving` in `figures/allocator/columns.py`. */

import { formatInterval, formatQuantity } from '../frame/format.js';
import { endsOf, SIX, type SplitLaw } from './allocator-law.js';
import { between, ranged, type Answer, type Held } from './allocator-numbers.js';
import { geomspace } from './numbers.js';
import { compute } from './spending.js';

export type Columns = Record<string, Record<string, ArrayLike<unknown>>>;

export interface ColumnOptions {
  level: number;
  params: [number, number];
  tokens: [number, number];
  growth: [number, number];
  /** How far around the best size the figures of one budget reach. */
  around: number;
  points: number;
  wasteTop: number;
}

export function movingColumns(rough: SplitLaw, found: Answer, held: Held, options: ColumnOptions): Columns {
  return {
    ...bought(found, held, options),
    ...overSizes(rough, found, held, options),
    ...grown(found, held, options),
    ...wasted(rough, found, held, options)
  };
}

function bought(found: Answer, held: Held, options: ColumnOptions): Columns {
  const { best, plan, per } = found;
  const { level } = options;
  const [left, right] = options.params;
  const [bottom] = options.tokens;
  const product = held.budget / SIX;
  const atRight = product / right > bottom;
  const ownSide = atRight || product / bottom > right * (left / right) ** 0.25;
  const [size, data] = [best.params[0], best.tokens[0]];
  const bar = endsOf(best.params, level);
  const ends = Number.isNaN(bar.low) ? [] : [bar];
  const [words, ranges] = ranged(best.params, 'params', level);
  const [align, dx, dy] = planSide(held, options);
  const gap = plan.loss.map((loss, r) => loss - best.loss[r]);
  const gapEnds = endsOf(gap, level);
  const interval = Number.isNaN(gapEnds.low) ? '' : ` ${formatInterval(gapEnds.low, gapEnds.high, 'plain', 2)}`;
  const difference = `${gap[0] >= 0 ? '+' : '−'}${formatQuantity(Math.abs(gap[0]), 'plain', 2)}`;
  const head = `Your plan, ${formatQuantity(held.params, 'params')} on ${formatQuantity(held.tokens, 'tokens', 3)} tokens`;
  const lines =
    `for ${formatQuantity(found.planFlops / per.dollars, 'dollars', 3)}, ` +
    `loss ${formatQuantity(plan.loss[0], 'loss', 4)}, ${difference}${interval}\n` +
    `an optimal run gets there for ${formatQuantity(found.equalFlops[0] / per.dollars, 'dollars', 3)}`;
  return {
    ...costLines(held, per.dollars, options),
    'budget-line': { x: [left, right], y: [product / left, product / right] },
    'budget-label': beside(
      atRight ? right : product / bottom,
      atRight ? product / right : bottom,
      `${formatQuantity(held.budget / per.dollars, 'dollars')} budget`,
      ownSide ? 'right' : 'left',
      ownSide ? -8 : 10,
      atRight ? 14 : -24
    ),
    'budget-bar': {
      x: ends.map(e => e.low),
      y: ends.map(e => product / e.low),
      x1: ends.map(e => e.high),
      y1: ends.map(e => product / e.high)
    },
    optimum: { x: [size], y: [data] },
    'optimum-head': beside(size, data, 'Optimum', 'left', 14, -20),
    'optimum-lines': beside(size, data, `${words}${ranges} on ${formatQuantity(data, 'tokens')}`, 'left', 14, -6),
    plan: { x: [held.params], y: [held.tokens] },
    'plan-head': beside(held.params, held.tokens, head, align, dx, dy),
    'plan-lines': beside(held.params, held.tokens, lines, align, dx, dy + 17)
  };
}

/** Where the words of the plan have room: away from the optimum, inside the frame. */
function planSide(held: Held, { params: [left, right] }: ColumnOptions): [string, number, number] {
  const at = Math.log(held.params / left) / Math.log(right / left);
  return at > 0.5 ? ['right', -16, 14] : ['left', at > 0.12 ? -40 : 4, -62];
}

/** Lines of equal training cost, every decade of dollars, labelled where they leave the map. */
function costLines(held: Held, per: number, options: ColumnOptions): Columns {
  const [left, right] = options.params;
  const [bottom, top] = options.tokens;
  const first = Math.ceil(Math.log10((SIX * left * bottom) / per));
  const last = Math.ceil(Math.log10((SIX * right * top) / per));
  const every = Math.max(1, Math.ceil((last - first) / 8));
  const xs: number[][] = [];
  const ys: number[][] = [];
  const low = { x: [] as number[], y: [] as number[], text: [] as string[] };
  const high = { x: [] as number[], y: [] as number[], text: [] as string[] };
  for (let power = first; power < last; power++) {
    if (power % every !== 0) {
      continue;
    }
    const dollars = Number(`1e${power}`);
    const product = (dollars * per) / SIX;
    xs.push([left, right]);
    ys.push([product / left, product / right]);
    if (Math.abs(Math.log10(held.budget / per / dollars)) < 0.35) {
      continue;
    }
    const inside = (x: number) => left * 1.3 < x && x < right / 1.15;
    const [where, x, y] =
      product / bottom < right / 1.15 ? [low, product / bottom, bottom] as const : [high, product / top, top] as const;
    if (inside(x)) {
      where.x.push(x);
      where.y.push(y);
      where.text.push(formatQuantity(dollars, 'dollars'));
    }
  }
  return { 'cost-lines': { xs, ys }, 'cost-labels': low, 'cost-tops': high };
}

function beside(x: number, y: number, text: string, align: string, dx: number, dy: number): Columns[string] {
  return { x: [x], y: [y], text: [text], align: [align], dx: [dx], dy: [dy] };
}

/** Band of a value that is computed for every row at every size. */
function bands(rough: SplitLaw, size: Float64Array, level: number, at: (r: number, n: number) => number) {
  const value = new Float64Array(size.length);
  const low = new Float64Array(size.length);
  const high = new Float64Array(size.length);
  const rows = new Float64Array(rough.rows);
  for (let i = 0; i < size.length; i++) {
    for (let r = 0; r < rough.rows; r++) {
      rows[r] = at(r, size[i]);
    }
    const ends = endsOf(rows, level);
    value[i] = rows[0];
    low[i] = Number.isNaN(ends.low) ? rows[0] : ends.low;
    high[i] = Number.isNaN(ends.high) ? rows[0] : ends.high;
  }
  return { value, low, high };
}

function overSizes(rough: SplitLaw, found: Answer, held: Held, options: ColumnOptions): Columns {
  const { best } = found;
  const size = geomspace(best.params[0] / options.around, best.params[0] * options.around, options.points);
  const loss = bands(rough, size, options.level, (r, n) => rough.loss(r, n, held.budget / (SIX * n)));
  const bar = endsOf(best.params, options.level);
  const ends = Number.isNaN(bar.low) ? [] : [bar];
  const last = size.length - 1;
  const room = size[last] < options.params[1] / 2.5;
  const said = compute(held.budget).replace(/ FLOP$/, '');
  return {
    'iso-budget': { x: size, y: loss.value },
    'iso-band': { x: size, low: loss.low, high: loss.high },
    'iso-budget-label': room
      ? beside(size[last], loss.value[last], said, 'left', 6, 0)
      : beside(options.params[1], best.loss[0], said, 'right', -4, 16),
    'iso-answer': { x: [best.params[0]], y: [best.loss[0]] },
    'iso-bar': { x: ends.map(e => e.low), x1: ends.map(e => e.high), y: ends.map(() => best.loss[0]) },
    'iso-plan': { x: [held.params], y: [found.plan.loss[0]] }
  };
}

function grown({ best }: Answer, { budget }: Held, { growth }: ColumnOptions): Columns {
  return {
    'grow-budget': { x: [budget], y: [growth[0]], y1: [growth[1]] },
    'grow-params': { x: [budget], y: [best.params[0]] },
    'grow-tokens': { x: [budget], y: [best.tokens[0]] }
  };
}

/** Sizes of the figure of waste: around the best one, the plan's among them. */
export function wasteRange(best: number, params: number, around: number): [number, number] {
  return [Math.min(best / around / 2, params / 1.4), Math.max(best * around, params * 1.4)];
}

function wasted(rough: SplitLaw, found: Answer, held: Held, options: ColumnOptions): Columns {
  const best = found.best.params[0];
  const { level, wasteTop: top } = options;
  const [low, high] = wasteRange(best, held.params, options.around);
  const size = geomspace(low, high, options.points);
  const share = bands(rough, size, level, (r, n) =>
    Math.max(1 - rough.cheapest(r, rough.loss(r, n, held.budget / (SIX * n))) / held.budget, 0)
  );
  const dollars = found.planFlops / found.per.dollars;
  const own = (found.waste[0] * found.planFlops) / held.budget;
  const strip = endsOf(found.best.params, level);
  const known = !Number.isNaN(strip.low);
  const seen = own <= top;
  const at = Math.log(held.params / low) / Math.log(high / low);
  const y = Math.min(own, top * 0.8);
  const outside = at > 0.3 && at < 0.5;
  const [align, dx] = outside ? (['right', -12] as const) : (['left', 12] as const);
  const one = <T>(value: T, shown: boolean): T[] => (shown ? [value] : []);
  return {
    'waste-curve': { x: size, y: share.value },
    'waste-band': { x: size, low: share.low, high: share.high },
    'waste-strip': {
      x: known ? [strip.low, strip.high] : [],
      low: known ? [0, 0] : [],
      high: known ? [top, top] : []
    },
    'waste-strip-label': {
      x: one(best, known),
      y: one(top, known),
      text: one(`optimum, ${formatQuantity(100 * level, 'ratio')} %`, known)
    },
    'waste-answer': { x: [best], y: [0] },
    'waste-plan': { x: one(held.params, seen), y: one(own, seen) },
    'waste-over': { x: one(held.params, !seen), y: one(top, !seen) },
    'waste-head': beside(held.params, y, 'Your plan', align, dx, -17),
    'waste-value': beside(held.params, y, formatQuantity(found.waste[0] * dollars, 'dollars', 3), align, dx, -2),
    'waste-lines': beside(held.params, y, between(found.waste, dollars, level).trim(), align, dx, 13)
  };
}

/** Shares of the budget, named by their dollars. */
export function wasteTicks(budget: number, per: number): Map<number, string> {
  return new Map(
    Array.from({ length: 6 }, (_, k) => [k / 10, formatQuantity(((budget / per) * k) / 10, 'dollars')])
  );
}
