/**
 * Columns of what follows the rule of counting and the unique tokens: the map of losses, the frontier, the budgets
 * of the runs, and how the optimum grows. The twin of `figures/allocator/columns.py`.
 */

import { formatInterval, formatQuantity } from '../frame/format.js';
import { bands, type Columns, type ColumnOptions } from './allocator-columns.js';
import { endsOf, type SplitLaw } from './allocator-law.js';
import { geomspace } from './numbers.js';
import { apart } from './recipes.js';
import { compute } from './spending.js';

/** Params, tokens and losses of the runs, one after the other. */
export type Runs = ArrayLike<number>;

/** Compute of the smallest and the largest run, counted by the rule. */
export function endsOfRuns(law: SplitLaw, runs: Runs): { least: number; edge: number } {
  const n = runs.length / 3;
  let [least, edge] = [Infinity, 0];
  for (let i = 0; i < n; i++) {
    const flops = law.flops(runs[i], runs[n + i]);
    [least, edge] = [Math.min(least, flops), Math.max(edge, flops)];
  }
  return { least, edge };
}

export function standingColumns(law: SplitLaw, rough: SplitLaw, runs: Runs, options: ColumnOptions): Columns {
  const { edge } = endsOfRuns(law, runs);
  return {
    ...contours(law.first(), options),
    ...frontier(law.first(), rough, edge, options),
    ...budgets(law.first(), runs, edge, options),
    ...growth(law, rough, edge, options)
  };
}

function contours(first: SplitLaw, options: ColumnOptions): Columns {
  const [left, right] = options.params;
  const [bottom, top] = options.tokens;
  const floor = first.floor(0);
  const high = Math.log(first.loss(0, left, bottom) - floor);
  const low = Math.log(first.loss(0, right, top) - floor);
  const steps = options.contours - 1;
  const between = Array.from({ length: steps - 1 }, (_, k) => floor + Math.exp(high + ((low - high) * (k + 1)) / steps));
  const levels = [...new Set(between.map(level => Math.floor(100 * level + 0.5) / 100))].sort((a, b) => a - b);
  const size = geomspace(left, right, options.mapPoints);
  const out: Columns = {};
  for (let k = 0; k < options.contours - 2; k++) {
    out[`ground-${k}`] = { x: [], low: [], high: [] };
  }
  const xs: number[][] = [];
  const ys: number[][] = [];
  const labels = { x: [] as number[], y: [] as number[], text: [] as string[] };
  let before = Infinity;
  levels.forEach((level, k) => {
    const data = Array.from(size, n => first.levelTokens(level, n, top * 2));
    const inside = Array.from(size.keys()).filter(i => data[i] < top);
    out[`ground-${k}`] = {
      x: inside.map(i => size[i]),
      low: inside.map(i => Math.max(data[i], bottom)),
      high: inside.map(() => top)
    };
    const seen = inside.filter(i => data[i] > bottom / 30);
    if (seen.length > 1) {
      // The line rises without end at its smallest size: its first point is that at the top.
      const at = seen[0];
      const head = at > 0 ? [first.sizeWith(level, top, size[at - 1], size[at])] : [];
      xs.push([...head, ...seen.map(i => size[i])]);
      ys.push([...head.map(() => top), ...seen.map(i => data[i])]);
    }
    const atRight = data[data.length - 1];
    if (bottom * 1.05 < atRight && atRight < top / 1.05 && atRight < before / (top / bottom) ** 0.045) {
      labels.x.push(right);
      labels.y.push(atRight);
      labels.text.push(level.toFixed(2));
      before = atRight;
    }
  });
  return { ...out, contours: { xs, ys }, 'contour-labels': labels };
}

function bests(law: SplitLaw, r: number, low: number, high: number, points: number) {
  const flops = geomspace(low, high, points);
  const params = flops.map(c => law.size(r, c));
  const tokens = params.map((n, i) => law.tokens(flops[i], n));
  return { flops, params, tokens, loss: params.map((n, i) => law.loss(r, n, tokens[i])) };
}

function frontier(first: SplitLaw, rough: SplitLaw, edge: number, options: ColumnOptions): Columns {
  const [low, high] = options.reach;
  const inside = bests(first, 0, low, edge, options.linePoints);
  const beyond = bests(first, 0, edge, high * 100, options.linePoints);
  const size = geomspace(...options.params, options.points);
  const band = bands(rough, size, options.level, (r, n) => rough.frontierTokens(r, n));
  const middle = Math.sqrt(low * edge);
  const at = first.size(0, middle);
  return {
    'frontier-inside': { x: inside.params, y: inside.tokens },
    'frontier-beyond': { x: beyond.params, y: beyond.tokens },
    'frontier-band': { x: size, low: band.low, high: band.high },
    'frontier-label': { x: [at], y: [first.tokens(middle, at)], text: ['efficient frontier'] }
  };
}

function budgets(first: SplitLaw, runs: Runs, edge: number, options: ColumnOptions): Columns {
  const n = runs.length / 3;
  const all = { params: [] as number[], loss: [] as number[], flops: [] as number[] };
  const curves = { xs: [] as Float64Array[], ys: [] as Float64Array[], flops: [] as number[] };
  const label = { x: [] as number[], y: [] as number[], text: [] as string[] };
  const optima = { x: [] as number[], y: [] as number[] };
  const points = Math.floor(options.mapPoints / 2) + 1;
  for (const budget of options.budgets) {
    const best = first.size(0, budget);
    const size = geomspace(best / options.around, best * options.around, points);
    const loss = size.map(m => first.loss(0, m, first.tokens(budget, m)));
    optima.x.push(best);
    optima.y.push(first.loss(0, best, first.tokens(budget, best)));
    curves.xs.push(size);
    curves.ys.push(loss);
    curves.flops.push(budget);
    label.x.push(size[points - 1]);
    label.y.push(loss[points - 1]);
    label.text.push(compute(budget).replace(/ FLOP$/, ''));
    for (let i = 0; i < n; i++) {
      if (Math.abs(Math.log(first.flops(runs[i], runs[n + i]) / budget)) <= options.near) {
        all.params.push(runs[i]);
        all.loss.push(runs[2 * n + i]);
        all.flops.push(budget);
      }
    }
  }
  const inside = bests(first, 0, options.reach[0], edge, options.linePoints);
  const beyond = bests(first, 0, edge, options.reach[1], options.linePoints);
  return {
    'iso-curves': curves,
    'iso-labels': label,
    'iso-runs': all,
    'iso-optima': optima,
    'iso-inside': { x: inside.params, y: inside.loss },
    'iso-beyond': { x: beyond.params, y: beyond.loss },
    'iso-name': { x: [beyond.params[4]], y: [beyond.loss[4]], text: ['optimal size'] }
  };
}

function growth(law: SplitLaw, rough: SplitLaw, edge: number, options: ColumnOptions): Columns {
  const [low, high] = options.reach;
  const [bottom, roof] = options.growth;
  const flops = geomspace(low, high, options.points);
  const parts = {
    inside: bests(law, 0, low, edge, options.linePoints),
    beyond: bests(law, 0, edge, high, options.linePoints)
  };
  const [near, far] = [law.best(edge), law.best(high)];
  const span = Math.log(high / edge);
  const out: Columns = { 'grow-edge': { x: [edge], y: [bottom], y1: [roof] } };
  const names = ['tokens', 'params'] as const;
  const heights: number[] = [];
  // Both bands from one search.
  const sizes = new Map<number, Float64Array>();
  flops.forEach(c => sizes.set(c, Float64Array.from({ length: rough.rows }, (_, r) => rough.size(r, c))));
  for (const name of names) {
    const band = bands(rough, flops, options.level, (r, c) => {
      const size = (sizes.get(c) as Float64Array)[r];
      return name === 'params' ? size : rough.tokens(c, size);
    });
    out[`grow-${name}-band`] = { x: flops, low: band.low, high: band.high };
    for (const [part, line] of Object.entries(parts)) {
      out[`grow-${name}-${part}`] = { x: line.flops, y: line[name] };
    }
    heights.push(Math.min(band.value[band.value.length - 1], roof * (bottom / roof) ** 0.1));
  }
  const moved = apart(
    heights.map(y => (-Math.log(y) * options.growthPixels) / Math.log(roof / bottom)),
    options.labelRoom
  );
  names.forEach((name, k) => {
    const share = far[name].map((there, r) => Math.log(there / near[name][r]) / span);
    const ends = endsOf(share, options.level);
    const ranges = Number.isNaN(ends.low) ? '' : `\n${formatInterval(ends.low, ends.high, 'exponent', 2)}`;
    const down = moved[k] + Math.max(0, -moved[0]);
    out[`grow-${name}-label`] = {
      x: [high],
      y: [heights[k]],
      text: [name === 'params' ? 'Parameters' : 'Tokens'],
      detail: [`grow as C^${formatQuantity(share[0], 'exponent', 2)}${ranges}`],
      dy: [down - 8],
      below: [down + 1]
    };
  });
  return out;
}
