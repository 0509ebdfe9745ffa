/** Columns and axes that follow budget and step: the twin of `figures/approaches/following.py`. */

import { formatQuantity } from '../frame/format.js';
import { endsOf, SIX, type SplitLaw } from './allocator-law.js';
import { ranged } from './allocator-numbers.js';
import type { Columns } from './allocator-columns.js';
import { stepRange, stepSize, type Answer, type Facts, type Held, type Lines } from './approaches-numbers.js';
import { apart } from './recipes.js';

export interface ColumnOptions extends Facts {
  /** Compute of the smallest run. */
  low: number;
  /** Lowest points of the parabolas over the law's best sizes; and how far off they are, noise or none. */
  seen: number[];
  shares: number[];
  /** How far an axis reaches, and its ticks on either side. */
  ladders: { ratio: number[][]; share: number[][] };
  margin: number;
  /** Room right of the budget, as a share of the axis; how far along its frontier a step is named. */
  room_right: number;
  label_at: number;
  pixels: number;
  beside: number;
  room: number;
  params: [number, number];
  tokens: [number, number];
  /** Exponents on the axis of the path. */
  path: [number, number];
}

type Span = [number, number];

export interface Axes {
  x: Span;
  ratio: Span;
  ratioTicks: Map<number, string>;
  bias: Span;
  biasTicks: Map<number, string>;
}

export function axesOf(law: SplitLaw, found: Answer, held: Held, options: ColumnOptions): Axes {
  const { ladders, margin, level } = options;
  const best = law.size(0, held.budget);
  const seen = [1, ...options.seen];
  for (const column of found.columns) {
    if (column !== null) {
      const { low, high } = endsOf(column.params, level);
      seen.push(column.params[0] / best, low / best, high / best);
    }
  }
  const fine = seen.filter(v => Number.isFinite(v) && v > 0);
  const reach = Math.max(...fine.map(v => Math.max(v, 1 / v)));
  const share = Math.max(0, ...[found.bias, ...options.shares].filter(Number.isFinite).map(Math.abs));
  const rung = (ladder: number[][], least: number) => ladder.find(([r]) => r >= least) ?? ladder[ladder.length - 1];
  const [ratio, ...ratios] = rung(ladders.ratio, reach / 1.02);
  const [bias, ...shares] = rung(ladders.share, share / 1.1);
  const ratioTicks = new Map([[1, 'same']]);
  for (const tick of ratios) {
    const said = formatQuantity(tick, 'ratio');
    ratioTicks.set(tick, `× ${said}`).set(1 / tick, `÷ ${said}`);
  }
  const biasTicks = new Map([[0, 'exact']]);
  for (const tick of shares) {
    for (const value of [tick, -tick]) {
      biasTicks.set(value, formatQuantity(value, 'signed-percent'));
    }
  }
  const roof = ratio ** margin;
  const right = Math.max(held.budget, options.edge);
  return {
    x: [options.low, right * (right / options.low) ** options.room_right],
    ratio: [1 / roof, roof],
    ratioTicks,
    bias: [-bias * margin ** 2, bias * margin ** 2],
    biasTicks
  };
}

export function movingColumns(
  law: SplitLaw,
  lines: (Lines | null)[],
  found: Answer,
  held: Held,
  axes: Axes,
  options: ColumnOptions
): Columns {
  return { ...compared(law, lines, found, held, axes, options), ...biased(found, held, axes, options), ...chosen(held, options) };
}

function compared(
  law: SplitLaw,
  lines: (Lines | null)[],
  found: Answer,
  { budget, step: chosenStep }: Held,
  axes: Axes,
  { level, steps, pixels, room }: ColumnOptions
): Columns {
  const right = axes.x[1];
  const [low, high] = axes.ratio;
  const bestRight = law.size(0, right);
  const framed = (value: number) => Math.min(Math.max(value, low), high);
  const names: string[] = [];
  const heights: number[] = [];
  const details: string[] = [];
  found.columns.forEach((column, k) => {
    names.push(column === null ? '' : `Approach ${k + 1}`);
    heights.push(framed((k === 2 ? bestRight : (lines[k]?.size(0, right) ?? bestRight)) / bestRight));
    details.push(column === null ? '' : ranged(column.params, 'params', level).join(''));
  });
  const step = steps[chosenStep];
  const ratios = axes.x.map(c => stepSize(step, c) / law.size(0, c)) as Span;
  names.push(step.short);
  heights.push(framed(ratios[1]));
  const arrow = ratios[1] > high ? '↑ ' : ratios[1] < low ? '↓ ' : '';
  details.push(`${arrow}× ${formatQuantity(stepSize(step, budget) / law.size(0, budget), 'plain', 2)}`);
  const there = names.flatMap((name, k) => (name === '' ? [] : [k]));
  const at = there.map(k => (Math.log(high / heights[k]) * pixels) / Math.log(high / low));
  const moved = inside(at, room, pixels);
  const out: Columns = {
    'ratio-answer': { x: [budget], y: [1] },
    'ratio-step': clipped(axes.x, ratios, axes.ratio)
  };
  ['one', 'two', 'three', 'step'].forEach((key, k) => {
    const shift = there.indexOf(k);
    const one = <T>(value: T): T[] => (shift < 0 ? [] : [value]);
    out[`ratio-name-${key}`] = {
      x: one(right),
      y: one(heights[k]),
      text: one(names[k]),
      detail: one(details[k]),
      dy: one(moved[shift] - 7),
      below: one(moved[shift] + 7)
    };
  });
  return out;
}

/** Pixels by which labels move so that each has room, none above or below the frame. */
export function inside(at: readonly number[], room: number, height: number): number[] {
  const moved = apart(at, room);
  const order = Array.from(at.keys()).sort((i, j) => at[i] + moved[i] - at[j] - moved[j]);
  const places = order.map(k => at[k] + moved[k]);
  for (let i = 0; i < places.length; i++) {
    places[i] = Math.max(places[i], i > 0 ? places[i - 1] + room : room / 4);
  }
  for (let i = places.length - 1; i >= 0; i--) {
    places[i] = Math.min(places[i], i + 1 < places.length ? places[i + 1] - room : height - room / 4);
  }
  const out = new Array<number>(at.length);
  order.forEach((k, i) => {
    out[k] = places[i] - at[k];
  });
  return out;
}

/** A straight line in the logarithms, as far as it lies inside the frame. */
export function clipped(x: Span, y: Span, frame: Span): { x: number[]; y: number[] } {
  const u = x.map(Math.log);
  const v = y.map(Math.log);
  const [low, high] = frame.map(Math.log);
  const width = u[1] - u[0];
  const slope = (v[1] - v[0]) / width;
  let [first, last] = [0, 1];
  if (slope !== 0) {
    const at = [(low - v[0]) / slope, (high - v[0]) / slope].sort((a, b) => a - b);
    first = Math.max(first, at[0] / width);
    last = Math.min(last, at[1] / width);
  } else if (v[0] < low || v[0] > high) {
    return { x: [], y: [] };
  }
  if (first >= last) {
    return { x: [], y: [] };
  }
  const ends = [first, last].map(t => u[0] + t * width);
  return { x: ends.map(Math.exp), y: ends.map(e => Math.exp(v[0] + slope * (e - u[0]))) };
}

function biased(found: Answer, { budget }: Held, axes: Axes, { pixels, beside }: ColumnOptions): Columns {
  const known = Number.isFinite(found.bias);
  const one = <T>(value: T): T[] => (known ? [value] : []);
  const right = axes.x[1];
  // The name of the law gives way to the number beside it.
  const offset = ((known ? found.bias : 0) / (axes.bias[1] - axes.bias[0])) * pixels;
  const way = known ? Math.max(0, beside - Math.abs(offset)) : 0;
  return {
    'bias-answer': { x: one(budget), y: one(found.bias) },
    'bias-label': {
      x: one(right),
      y: one(found.bias),
      text: one(formatQuantity(found.bias, 'signed-percent', 2)),
      detail: one(formatQuantity((1 + found.bias) * found.columns[2].params[0], 'params'))
    },
    'bias-law': { x: [right], y: [0], text: ['law'], dy: [offset >= 0 ? way : -way] }
  };
}

function chosen({ budget, step: at }: Held, options: ColumnOptions): Columns {
  const { steps, path, reach, params, tokens, label_at: share } = options;
  const [bottom, top] = path;
  const span = top - bottom;
  const step = steps[at];
  const data = params.map(n => (n / step.coefficient) ** (1 / step.exponent) / (SIX * n)) as Span;
  const line = clipped(params, data, tokens);
  const along = (ends: number[]) => (ends.length === 0 ? [] : [ends[0] ** (1 - share) * ends[1] ** share]);
  return {
    'path-ring': { x: [at], y: [step.exponent] },
    'path-box': { x: [at], y: [bottom - 0.24 * span] },
    'path-sizes': {
      x: steps.map((_, k) => k),
      y: steps.map(() => bottom - 0.43 * span),
      text: steps.map(one => formatQuantity(stepSize(one, budget), 'params')),
      detail: steps.map(one => stepRange(one, budget, reach))
    },
    'map-step': line,
    'map-step-label': {
      x: along(line.x),
      y: along(line.y),
      text: along(line.x).map(() => step.short)
    }
  };
}
