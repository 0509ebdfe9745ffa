/**
 * Lines of the map with their names: equal cost, and what limits leave out of reach.
 *
 * The twin of `figures/allocator/lines.py`.
 */

import { formatQuantity } from '../frame/format.js';
import type { Columns, ColumnOptions } from './allocator-columns.js';
import type { SplitLaw } from './allocator-law.js';
import type { Answer, Held } from './allocator-numbers.js';
import { geomspace } from './numbers.js';

interface Named {
  x: number[];
  y: number[];
  text: string[];
  angle: number[];
}

/** Lines of equal training cost, every decade of dollars, named along the line. */
export function costLines(law: SplitLaw, held: Held, per: number, options: ColumnOptions): Columns {
  const [left, right] = options.params;
  const [bottom, top] = options.tokens;
  const first = Math.ceil(Math.log10(law.flops(left, bottom) / per));
  const last = Math.ceil(Math.log10(law.flops(right, top) / per));
  const every = Math.max(1, Math.ceil((last - first) / 8));
  const line = geomspace(left, right, options.linePoints);
  const xs: Float64Array[] = [];
  const ys: Float64Array[] = [];
  const label: Named = { x: [], y: [], text: [], angle: [] };
  for (let power = first; power < last; power++) {
    if (power % every !== 0) {
      continue;
    }
    const dollars = Number(`1e${power}`);
    xs.push(line);
    ys.push(line.map(size => law.tokens(dollars * per, size)));
    // The budget's own line has a label already.
    if (Math.abs(Math.log10(held.budget / per / dollars)) < 0.35) {
      continue;
    }
    const at = along(law, dollars * per, formatQuantity(dollars, 'dollars'), 0.82, options);
    label.x.push(...at.x);
    label.y.push(...at.y);
    label.text.push(...at.text);
    label.angle.push(...at.angle);
  }
  return { 'cost-lines': { xs, ys }, 'cost-labels': { ...label } };
}

/** A name on the line of a compute, turned with it, at a share of the part of the line that is seen. */
export function along(law: SplitLaw, flops: number, text: string, share: number, options: ColumnOptions): Named {
  const [left, right] = options.params;
  const [bottom, top] = options.tokens;
  const first = Math.max(left, law.rule.size(flops / top));
  const last = Math.min(right, law.rule.size(flops / bottom));
  if (last < first * options.short) {
    return { x: [], y: [], text: [], angle: [] };
  }
  const x = first * (last / first) ** share;
  const slope = -law.rule.elasticity(x);
  const [width, height] = options.map;
  const angle = Math.atan2((slope * height) / Math.log(top / bottom), width / Math.log(right / left));
  return { x: [x], y: [flops / law.rule.perToken(x)], text: [text], angle: [angle] };
}

/** What memory, deadline and unique tokens leave out of reach, with a name each. */
export function walls(law: SplitLaw, { most }: Answer, held: Held, options: ColumnOptions): Columns {
  const [left, right] = options.params;
  const [bottom, top] = options.tokens;
  const beyond = most.params < right;
  const full = beyond && most.params > left;
  const some = <T>(values: T[], shown: boolean): T[] => (shown ? values : []);
  const out: Columns = {
    'wall-memory': {
      x: some([Math.max(most.params, left), right], beyond),
      low: some([bottom, bottom], beyond),
      high: some([top, top], beyond)
    },
    'wall-memory-label': {
      x: some([most.params], full),
      y: some([bottom], full),
      text: some([`over ${formatQuantity(held.memory.at, 'ratio')} GB a GPU`], full)
    },
    'wall-unique': {
      x: some([left, right], held.unique.on),
      y: some([held.unique.at, held.unique.at], held.unique.on)
    },
    'wall-unique-label': {
      x: some([left], held.unique.on),
      y: some([held.unique.at], held.unique.on),
      text: some([`${formatQuantity(held.unique.at, 'tokens')} unique tokens`], held.unique.on)
    },
    'wall-days': { x: [], low: [], high: [] },
    'wall-days-label': { x: [], y: [], text: [], angle: [] }
  };
  if (held.deadline.on) {
    const line = geomspace(left, right, options.points);
    const seen = line.filter(size => law.tokens(most.flops, size) < top);
    out['wall-days'] = {
      x: seen,
      low: seen.map(size => Math.max(law.tokens(most.flops, size), bottom)),
      high: seen.map(() => top)
    };
    const days = `${formatQuantity(held.deadline.at, 'ratio')} days`;
    out['wall-days-label'] = { ...along(law, most.flops, days, 0.12, options) };
  }
  return out;
}
