/** Columns that follow budget, machine and plan: the twin of `moving` in `figures/allocator/columns.py`. */

import { formatInterval, formatQuantity } from '../frame/format.js';
import { endsOf, type SplitLaw } from './allocator-law.js';
import { along, costLines, walls } from './allocator-lines.js';
import { between, fitsWords, ranged, SAME, type Answer, type Held } from './allocator-numbers.js';
import { geomspace } from './numbers.js';
import { compute } from './spending.js';

export type Columns = Record<string, Record<string, ArrayLike<unknown>>>;

export interface ColumnOptions {
  level: number;
  reach: [number, number];
  /** Compute at which the runs were made, and how near to it one still counts. */
  budgets: number[];
  near: number;
  params: [number, number];
  tokens: [number, number];
  growth: [number, number];
  /** How far around the best size the figures of one budget reach. */
  around: number;
  points: number;
  linePoints: number;
  barPoints: number;
  mapPoints: number;
  contours: number;
  /** A line of which less is seen, as a factor of size, has no room for its name. */
  short: number;
  /** Pixels of the frame of the map, which turned names follow. */
  map: [number, number];
  growthPixels: number;
  labelRoom: number;
  wasteTop: number;
}

export function movingColumns(
  law: SplitLaw,
  rough: SplitLaw,
  found: Answer,
  held: Held,
  options: ColumnOptions
): Columns {
  return {
    ...bought(law, found, held, options),
    ...overSizes(rough, found, options),
    ...grown(found, options),
    ...wasted(law, rough, found, held, options)
  };
}

function bought(law: SplitLaw, found: Answer, held: Held, options: ColumnOptions): Columns {
  const { best, plan, per } = found;
  const { level } = options;
  const line = geomspace(...options.params, options.linePoints);
  const [size, data] = [best.params[0], best.tokens[0]];
  const bar = endsOf(best.params, level);
  const ends = Number.isNaN(bar.low) ? new Float64Array() : geomspace(bar.low, bar.high, options.barPoints);
  const [words, ranges] = ranged(best.params, 'params', level);
  const [align, dx, dy] = planSide(held, size, options);
  const [side, push, up] = held.params <= size ? ['left', 14, -20] as const : ['right', -14, -34] as const;
  const gap = plan.loss.map((loss, r) => loss - best.loss[r]);
  const gapEnds = endsOf(gap, level);
  const interval = Number.isNaN(gapEnds.low) ? '' : ` ${formatInterval(gapEnds.low, gapEnds.high, 'plain', 2)}`;
  const difference = `${gap[0] >= 0 ? '+' : '−'}${formatQuantity(Math.abs(gap[0]), 'plain', 2)}`;
  const head = `Your plan, ${formatQuantity(held.params, 'params')} on ${formatQuantity(held.tokens, 'tokens', 3)} tokens`;
  const lines =
    `for ${formatQuantity(found.planFlops / per.dollars, 'dollars', 3)}, ` +
    `loss ${formatQuantity(plan.loss[0], 'loss', 4)}, ${difference}${interval}\n` +
    (fitsWords(found, held) ||
      `an optimal run gets there for ${formatQuantity(found.equalFlops[0] / per.dollars, 'dollars', 3)}`);
  const said = `${formatQuantity(held.budget / per.dollars, 'dollars')} budget`;
  return {
    ...costLines(law, held, per.dollars, options),
    ...walls(law, found, held, options),
    'budget-line': { x: line, y: line.map(n => law.tokens(held.budget, n)) },
    'budget-label': { ...along(law, held.budget, said, 0.8, options) },
    'budget-bar': { x: ends, y: ends.map(n => law.tokens(found.budget, n)) },
    optimum: { x: [size], y: [data] },
    'optimum-head': beside(size, data, 'Optimum', side, push, up),
    'optimum-lines': beside(size, data, `${words}${ranges} on ${formatQuantity(data, 'tokens')}`, side, push, up + 14),
    plan: { x: [held.params], y: [held.tokens] },
    'plan-head': beside(held.params, held.tokens, head, align, dx, dy),
    'plan-lines': beside(held.params, held.tokens, lines, align, dx, dy + 17)
  };
}

/** Where the words of the plan have room: away from the optimum, inside the frame. */
function planSide(held: Held, best: number, { params: [left, right] }: ColumnOptions): [string, number, number] {
  const at = Math.log(held.params / left) / Math.log(right / left);
  if (held.params > best) {
    return at < 0.45 ? ['left', 16, 10] : ['right', -16, 34];
  }
  return at > 0.5 ? ['right', -16, 14] : ['left', at > 0.12 ? -40 : 4, -62];
}

function beside(x: number, y: number, text: string, align: string, dx: number, dy: number): Columns[string] {
  return { x: [x], y: [y], text: [text], align: [align], dx: [dx], dy: [dy] };
}

/** Band of a value that is computed for every row at every size. */
export function bands(rough: SplitLaw, size: Float64Array, level: number, at: (r: number, n: number) => number) {
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

function overSizes(rough: SplitLaw, found: Answer, options: ColumnOptions): Columns {
  const { best, budget } = found;
  const size = geomspace(best.params[0] / options.around, best.params[0] * options.around, options.points);
  const loss = bands(rough, size, options.level, (r, n) => rough.loss(r, n, rough.tokens(budget, n)));
  const bar = endsOf(best.params, options.level);
  const ends = Number.isNaN(bar.low) ? [] : [bar];
  const last = size.length - 1;
  const room = size[last] < options.params[1] / 2.5;
  const said = compute(budget).replace(/ FLOP$/, '');
  return {
    'iso-budget': { x: size, y: loss.value },
    'iso-band': { x: size, low: loss.low, high: loss.high },
    'iso-budget-label': room
      ? beside(size[last], loss.value[last], said, 'left', 6, 0)
      : beside(options.params[1], best.loss[0], said, 'right', -4, 16),
    'iso-answer': { x: [best.params[0]], y: [best.loss[0]] },
    'iso-bar': { x: ends.map(e => e.low), x1: ends.map(e => e.high), y: ends.map(() => best.loss[0]) },
    'iso-plan': { x: [found.plan.params], y: [found.plan.loss[0]] }
  };
}

function grown({ best, budget }: Answer, { growth }: ColumnOptions): Columns {
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

function wasted(
  law: SplitLaw,
  rough: SplitLaw,
  found: Answer,
  held: Held,
  options: ColumnOptions
): Columns {
  const { budget } = found;
  const best = found.best.params[0];
  const { level, wasteTop: top } = options;
  const [low, high] = wasteRange(best, held.params, options.around);
  const { params: most } = found.most;
  // Sizes that the memory does not hold have no price.
  const size = geomspace(low, Math.min(high, most), options.points);
  const share = bands(rough, size, level, (r, n) =>
    Math.max(1 - rough.cheapestWithin(r, rough.loss(r, n, rough.tokens(budget, n)), most) / budget, 0)
  );
  const dollars = found.planFlops / found.per.dollars;
  const own = (found.waste[0] * found.planFlops) / budget;
  const strip = endsOf(found.best.params, level);
  // At a limit there is no interval to shade.
  const known = strip.high - strip.low > SAME * best;
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
    'waste-answer': { x: [best], y: [Math.max(1 - law.cheapestWithin(0, found.best.loss[0], most) / budget, 0)] },
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
