/** Who wins behind which verifier, in columns: the twin of `figures/testtime/winners.py`. */

import { geomspace } from './numbers.js';
import type { Counts } from './testtime-counts.js';
import type { Menu } from './testtime-menu.js';

type Cells = ArrayLike<number | string> | Float64Array[];
export type Columns = Record<string, Record<string, Cells>>;

const ROWS = 17;
const ACROSS = 31;
const PIXELS = 262;
const NAME_ROW = 0.42;
const LINE_ROW = 0.14;

type Run = [model: number, left: number, right: number];
type Point = [y: number, left: number, right: number];
interface Chain {
  model: number;
  points: Point[];
}

export interface MapOptions {
  models: { label: string; size: number }[];
  right: [number, number];
  wrong: [number, number];
}

/** `count` values from `low` to `high`, evenly. */
function linspace(low: number, high: number, count: number): Float64Array {
  return Float64Array.from({ length: count }, (_, i) => low + ((high - low) * i) / (count - 1));
}

/** Round steps of an axis: the twin of `even_ticks`. */
export function evenTicks(low: number, high: number, count: number): number[] {
  const raw = (high - low) / Math.max(count, 1);
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map(s => s * power).find(s => s >= raw * 0.999) ?? raw;
  const first = Math.ceil(low / step - 1e-9) * step;
  const out: number[] = [];
  for (let i = 0; first + i * step < high + step * 1e-6; i++) {
    out.push(Number((first + i * step).toFixed(12)));
  }
  return out;
}

/** Share solved by each model over the grid: rows of right answers accepted, wrong ones across. */
function surface(counts: Counts, found: Menu, right: Float64Array, wrong: Float64Array): Float64Array[][] {
  return found.samples.map((k, m) => {
    const [a, b] = counts.shape(m);
    return Array.from(right, t =>
      wrong.map(f => {
        if (k < 1) {
          return -1;
        }
        if (found.fitted[m]) {
          const value = counts.fittedSolved(a, b, k, [t, f]);
          return Number.isNaN(value) ? -1 : value;
        }
        return counts.behind(m, k, t, f);
      })
    );
  });
}

function runsOf(wrong: Float64Array, values: Float64Array[]): Run[] {
  const winner = (j: number) => values.reduce((best, row, m) => (row[j] > values[best][j] ? m : best), 0);
  const out: Run[] = [];
  let start = wrong[0];
  let a = winner(0);
  for (let j = 0; j + 1 < wrong.length; j++) {
    const b = winner(j + 1);
    if (a !== b) {
      const before = values[a][j] - values[b][j];
      const after = values[a][j + 1] - values[b][j + 1];
      const share = before > after ? before / (before - after) : 0.5;
      const [from, to] = [Math.log(wrong[j]), Math.log(wrong[j + 1])];
      const at = Math.exp(from + share * (to - from));
      out.push([a, start, at]);
      start = at;
      a = b;
    }
  }
  out.push([a, start, wrong[wrong.length - 1]]);
  return out;
}

function polygonsOf(right: Float64Array, rows: Run[][]): { model: number; xs: Float64Array; ys: Float64Array }[] {
  const half = (right[1] - right[0]) / 2;
  const [bottom, top] = [right[0], right[right.length - 1]];
  const close = (chain: Chain): Chain => {
    const [y, left, end] = chain.points[chain.points.length - 1];
    const roof = Math.min(top, y + half);
    return roof > y ? { model: chain.model, points: [...chain.points, [roof, left, end]] } : chain;
  };
  let open: Chain[] = [];
  const done: Chain[] = [];
  rows.forEach((row, i) => {
    const y = right[i];
    const following: Chain[] = [];
    for (const [model, left, end] of row) {
      const place = open.findIndex(({ model: other, points }) => {
        const last = points[points.length - 1];
        return other === model && last[1] < end && left < last[2];
      });
      if (place < 0) {
        const below = Math.max(bottom, y - half);
        const points: Point[] = [[below, left, end]];
        if (below < y) {
          points.push([y, left, end]);
        }
        following.push({ model, points });
      } else {
        const [chain] = open.splice(place, 1);
        chain.points.push([y, left, end]);
        following.push(chain);
      }
    }
    done.push(...open.map(close));
    open = following;
  });
  done.push(...open.map(close));
  return done.map(({ model, points }) => ({
    model,
    xs: Float64Array.from([...points.map(p => p[1]), ...[...points].reverse().map(p => p[2])]),
    ys: Float64Array.from([...points.map(p => p[0]), ...[...points].reverse().map(p => p[0])])
  }));
}

function namesOf(options: MapOptions, right: Float64Array, rows: Run[][]): Record<string, Cells> {
  const [low, high] = options.wrong;
  const span = Math.log(high / low);
  const first = Math.floor(NAME_ROW * (rows.length - 1));
  const order = rows.map((_, i) => i).sort((a, b) => Math.abs(a - first) - Math.abs(b - first) || a - b);
  const named = new Set<number>();
  const out = { x: [] as number[], y: [] as number[], text: [] as string[] };
  for (const i of order) {
    if (!(1 < i && i < rows.length - 2)) {
      continue;
    }
    for (const [model, left, end] of rows[i]) {
      const { label } = options.models[model];
      const wide = (Math.log(end / left) / span) * PIXELS;
      if (!named.has(model) && wide > 6.6 * label.length + 6) {
        named.add(model);
        out.x.push(Math.sqrt(left * end));
        out.y.push(right[i]);
        out.text.push(label);
      }
    }
  }
  return out;
}

function linesOf(options: MapOptions, right: Float64Array, wrong: Float64Array, best: Float64Array[]): Columns {
  let [least, most] = [Infinity, -Infinity];
  for (const row of best) {
    for (const value of row) {
      least = Math.min(least, value);
      most = Math.max(most, value);
    }
  }
  const levels = most > least ? evenTicks(least, most, 5).filter(v => v > least && v < most) : [];
  const lines = { xs: [] as Float64Array[], ys: [] as Float64Array[] };
  const label = { x: [] as number[], y: [] as number[], text: [] as string[] };
  const wanted = right[Math.floor(LINE_ROW * (right.length - 1))];
  for (const level of levels) {
    const x: number[] = [];
    const y: number[] = [];
    right.forEach((t, i) => {
      const row = best[i];
      const j = row.findIndex(value => value <= level);
      if (j > 0) {
        const share = (row[j - 1] - level) / (row[j - 1] - row[j]);
        const [from, to] = [Math.log(wrong[j - 1]), Math.log(wrong[j])];
        x.push(Math.exp(from + share * (to - from)));
        y.push(t);
      }
    });
    if (x.length < 2) {
      continue;
    }
    lines.xs.push(Float64Array.from(x));
    lines.ys.push(Float64Array.from(y));
    const at = y.reduce((near, value, i) => (Math.abs(value - wanted) < Math.abs(y[near] - wanted) ? i : near), 0);
    const [low, high] = options.wrong;
    if (low * 1.5 < x[at] && x[at] < high / 1.5 && y[at] < right[right.length - 1] - 0.08) {
      const digits = levels[0] < 0.01 ? Math.max(0, Math.ceil(-Math.log10(100 * levels[0]))) : 0;
      label.x.push(x[at]);
      label.y.push(y[at]);
      label.text.push(`${(100 * level).toFixed(digits)} %`);
    }
  }
  return { 'map-lines': lines, 'map-line-labels': label };
}

/** Areas, edges, names and lines: what does not depend on the user's own verifier. */
export function areaColumns(counts: Counts, found: Menu, options: MapOptions): Columns {
  if (found.best < 0) {
    const none = () => ({ x: [], y: [], text: [] });
    return {
      'map-areas': { xs: [], ys: [], size: [] },
      'map-edges': { xs: [], ys: [] },
      'map-lines': { xs: [], ys: [] },
      'map-line-labels': none(),
      'map-names': none()
    };
  }
  const right = linspace(...options.right, ROWS);
  const wrong = geomspace(...options.wrong, ACROSS);
  const values = surface(counts, found, right, wrong);
  const rows = Array.from(right, (_, i) =>
    runsOf(
      wrong,
      values.map(grid => grid[i])
    )
  );
  const polygons = polygonsOf(right, rows);
  const best = Array.from(right, (_, i) => wrong.map((_f, j) => Math.max(...values.map(grid => grid[i][j]))));
  return {
    'map-areas': {
      xs: polygons.map(one => one.xs),
      ys: polygons.map(one => one.ys),
      size: polygons.map(one => options.models[one.model].size)
    },
    'map-edges': { xs: polygons.map(one => one.xs), ys: polygons.map(one => one.ys) },
    'map-names': namesOf(options, right, rows),
    ...linesOf(options, right, wrong, best)
  };
}

/** The user's verifier on the map; a perfect one has no place on it. */
export function userColumns(options: MapOptions, noisy: boolean, right: number, wrong: number): Columns {
  if (!noisy) {
    return {
      'map-user': { x: [], y: [] },
      'map-cross': { x: [], y: [], x1: [], y1: [] },
      'map-user-label': { x: [], y: [], text: [], align: [], dx: [], dy: [] }
    };
  }
  const [left, end] = options.wrong;
  const [bottom, top] = options.right;
  const x = Math.min(Math.max(wrong, left), end);
  const y = Math.min(Math.max(right, bottom), top);
  const at = Math.log(x / left) / Math.log(end / left);
  const align = at < 0.62 ? 'left' : 'right';
  return {
    'map-user': { x: [x], y: [y] },
    'map-cross': { x: [left, x], y: [y, bottom], x1: [end, x], y1: [y, top] },
    'map-user-label': {
      x: [x],
      y: [y],
      text: ['your verifier'],
      align: [align],
      dx: [align === 'left' ? 9 : -9],
      dy: [y < top - 0.12 ? -9 : 11]
    }
  };
}
